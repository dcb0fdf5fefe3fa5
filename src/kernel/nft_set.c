/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_set.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

/** Elements that go into one message; the longest, IPv6 to IPv6, takes 52 bytes. */
#define ELEMENTS 64

/** Makes a set's description without elements, or NULL. */
static struct nftnl_set *set_make(
	struct nft_transaction *transaction, const char *table, const char *name)
{
	struct nftnl_set *set = nft_made(transaction, nftnl_set_alloc());

	if (!set)
		return NULL;
	nftnl_set_set_str(set, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	return set;
}

/** Describes what a map leads to. */
static void set_make_map(struct nftnl_set *set, const struct nft_types *types)
{
	nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, types->data);
	if (types->data_bytes)
		nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, types->data_bytes);
}

/** Leaves a note for nft's listing, which takes numbers for network order without it. */
static void set_note_host_order(struct nft_transaction *transaction, struct nftnl_set *set,
	const struct nft_types *types)
{
	const uint32_t host_endian = 1;
	struct nftnl_udata_buf *note = nft_made(transaction, nftnl_udata_buf_alloc(64));

	if (!note)
		return;
	if (types->key_in_host_order)
		nftnl_udata_put_u32(note, NFTNL_UDATA_SET_KEYBYTEORDER, host_endian);
	if (types->data_in_host_order)
		nftnl_udata_put_u32(note, NFTNL_UDATA_SET_DATABYTEORDER, host_endian);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(note),
		nftnl_udata_buf_len(note));
	nftnl_udata_buf_free(note);
}

/** The flags of a set of these types. */
static uint32_t set_flags(const struct nft_types *types)
{
	return (types->data ? NFT_SET_MAP : 0) | (types->dynamic ? NFT_SET_EVAL : 0) |
	       (types->timeout_ms || types->look_ms ? NFT_SET_TIMEOUT : 0);
}

/** Has each element of a set count. */
static void set_make_counted(struct nft_transaction *transaction, struct nftnl_set *set)
{
	struct nftnl_expr *counter = nft_made(transaction, nftnl_expr_alloc("counter"));

	if (counter)
		nftnl_set_add_expr(set, counter);
}

/** Adds a set. The kernel wants an id, which only has to differ from the others'. */
void nft_add_set(struct nft_transaction *transaction, const char *table, const char *name,
	const struct nft_types *types)
{
	struct nftnl_set *set = set_make(transaction, table, name);
	struct nlmsghdr *message =
		nft_message_begin(transaction, NFT_MSG_NEWSET, NLM_F_CREATE);

	if (set && message) {
		nftnl_set_set_u32(set, NFTNL_SET_FAMILY, transaction->family);
		nftnl_set_set_u32(set, NFTNL_SET_ID, message->nlmsg_seq);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, types->key);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, types->key_bytes);
		if (types->data)
			set_make_map(set, types);
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, set_flags(types));
		if (types->timeout_ms)
			nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT, types->timeout_ms);
		if (types->look_ms)
			nftnl_set_set_u32(set, NFTNL_SET_GC_INTERVAL, types->look_ms);
		if (types->size)
			nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, types->size);
		if (types->counted)
			set_make_counted(transaction, set);
		if (types->key_in_host_order || types->data_in_host_order)
			set_note_host_order(transaction, set, types);
		nftnl_set_nlmsg_build_payload(message, set);
		nft_message_end(transaction, message);
	}
	if (set)
		nftnl_set_free(set);
}

/** Sends the elements that are kept, as a set to be merged into what is there. */
void nft_elements_end(struct nft_elements *elements)
{
	struct nlmsghdr *message;

	if (!elements->pending)
		return;
	message = nft_message_begin(elements->transaction,
		elements->remove ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
		elements->remove ? 0 : NLM_F_CREATE);
	if (message) {
		nftnl_set_elems_nlmsg_build_payload(message, elements->pending);
		nft_message_end(elements->transaction, message);
	}
	nftnl_set_free(elements->pending);
	elements->pending = NULL;
	elements->count = 0;
}

/** Puts a comment on an element, as nft does. */
static void element_note(struct nft_transaction *transaction, struct nftnl_set_elem *element,
	const char *comment)
{
	struct nftnl_udata_buf *note = nft_made(transaction, nftnl_udata_buf_alloc(128));

	if (!note)
		return;
	nftnl_udata_put_strz(note, NFTNL_UDATA_SET_ELEM_COMMENT, comment);
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_USERDATA, nftnl_udata_buf_data(note),
		nftnl_udata_buf_len(note));
	nftnl_udata_buf_free(note);
}

/** Gives an element a counter. */
static void element_count(struct nft_transaction *transaction, struct nftnl_set_elem *element)
{
	struct nftnl_expr *counter = nft_made(transaction, nftnl_expr_alloc("counter"));

	if (counter)
		nftnl_set_elem_add_expr(element, counter);
}

/** Makes an element with its key; NULL after a failure. */
static struct nftnl_set_elem *element_make(
	struct nft_elements *elements, const void *key, uint32_t key_bytes)
{
	struct nftnl_set_elem *element;

	if (!elements->pending)
		elements->pending = set_make(
			elements->transaction, elements->table, elements->set);
	if (!elements->pending)
		return NULL;
	element = nft_made(elements->transaction, nftnl_set_elem_alloc());
	if (element)
		nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key, key_bytes);
	return element;
}

/** Keeps an element until there are enough for a message. */
static void element_keep(struct nft_elements *elements, struct nftnl_set_elem *element)
{
	nftnl_set_elem_add(elements->pending, element);
	if (++elements->count == ELEMENTS)
		nft_elements_end(elements);
}

/** Adds an element. */
void nft_add_element(struct nft_elements *elements, const void *key, uint32_t key_bytes,
	const void *data, uint32_t data_bytes)
{
	struct nftnl_set_elem *element = element_make(elements, key, key_bytes);

	if (!element)
		return;
	if (data)
		nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, data, data_bytes);
	if (elements->comment)
		element_note(elements->transaction, element, elements->comment);
	if (elements->counted)
		element_count(elements->transaction, element);
	element_keep(elements, element);
}

/** Adds an element of a map that leads to chains. */
void nft_add_way(struct nft_elements *elements, const void *key, uint32_t key_bytes,
	const char *chain)
{
	struct nftnl_set_elem *element = element_make(elements, key, key_bytes);

	if (!element)
		return;
	nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_GOTO);
	nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_CHAIN, chain);
	element_keep(elements, element);
}

/** Deletes a set. */
void nft_delete_set(struct nft_transaction *transaction, const char *table, const char *set)
{
	nft_message_delete(transaction, NFT_MSG_DELSET, table, NFTA_SET_NAME, set);
}

/** Takes everything out of a set. */
void nft_empty_set(struct nft_transaction *transaction, const char *table, const char *set)
{
	nft_message_delete(transaction, NFT_MSG_DELSETELEM, table, NFTA_SET_ELEM_LIST_SET, set);
}

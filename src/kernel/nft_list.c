/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_list.h"

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/netlink.h"

/** One listing under way. */
struct list {
	struct netlink *kept;
	const char *table;
	nft_name_fn *see_name;
	nft_rule_fn *see_rule;
	nft_element_fn *see_element;
	nft_counter_fn *see_counter;
	void *user;
	int error; /**< that see returned; a listing that starts over shows things twice */
};

/** Dumps what type asks for, of the table or of all tables, and of a set if one is named. */
static int dump(uint16_t family, uint16_t type, const char *set, netlink_message_fn *see,
	struct list *list)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message;
	struct netlink own = { 0 }, *netlink = list->kept ? list->kept : &own;
	int error = netlink_keep(netlink, NETLINK_NETFILTER);

	if (error)
		return error;
	message = nftnl_nlmsg_build_hdr(
		(char *)buffer, type, family, NLM_F_DUMP, ++netlink->sequence);
	mnl_attr_put_strz(message, 1, list->table); /* the first of every such message */
	if (set)
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	error = set ? netlink_dump_once(netlink, message, see, list) :
		      netlink_dump(netlink, message, see, NULL, list);
	netlink_close(&own);
	return error;
}

/** Sees one chain. */
static int see_chain(const struct nlmsghdr *message, void *user)
{
	const struct list *list = user;
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int error = -ENOMEM;

	if (!chain)
		return error;
	error = nftnl_chain_nlmsg_parse(message, chain) ? -EPROTO : 0;
	if (!error && !strcmp(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE), list->table))
		error = list->see_name(
			nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME), list->user);
	nftnl_chain_free(chain);
	return error;
}

/** Shows the chains. */
int nft_list_chains(struct netlink *kept, uint16_t family, const char *table,
	nft_name_fn *see, void *user)
{
	struct list list = { kept, .table = table, .see_name = see, .user = user };

	return dump(family, NFT_MSG_GETCHAIN, NULL, see_chain, &list);
}

/** Sees one set. */
static int see_set(const struct nlmsghdr *message, void *user)
{
	const struct list *list = user;
	struct nftnl_set *set = nftnl_set_alloc();
	int error = -ENOMEM;

	if (!set)
		return error;
	error = nftnl_set_nlmsg_parse(message, set) ? -EPROTO : 0;
	if (!error && !strcmp(nftnl_set_get_str(set, NFTNL_SET_TABLE), list->table))
		error = list->see_name(nftnl_set_get_str(set, NFTNL_SET_NAME), list->user);
	nftnl_set_free(set);
	return error;
}

/** Shows the sets. */
int nft_list_sets(struct netlink *kept, uint16_t family, const char *table, nft_name_fn *see,
	void *user)
{
	struct list list = { kept, .table = table, .see_name = see, .user = user };
	int error = dump(family, NFT_MSG_GETSET, NULL, see_set, &list);

	return error == -ENOENT ? 0 : error;
}

/** Takes what a rule's counter has, if the expression is one. */
static int see_expression(struct nftnl_expr *expression, void *user)
{
	uint64_t *counts = user;

	if (strcmp(nftnl_expr_get_str(expression, NFTNL_EXPR_NAME), "counter") == 0) {
		counts[0] = nftnl_expr_get_u64(expression, NFTNL_EXPR_CTR_PACKETS);
		counts[1] = nftnl_expr_get_u64(expression, NFTNL_EXPR_CTR_BYTES);
	}
	return 0;
}

/** Sees one rule. */
static int see_rule(const struct nlmsghdr *message, void *user)
{
	const struct list *list = user;
	struct nftnl_rule *rule = nftnl_rule_alloc();
	uint64_t counts[2] = { 0, 0 };
	int error = -ENOMEM;

	if (!rule)
		return error;
	error = nftnl_rule_nlmsg_parse(message, rule) ? -EPROTO : 0;
	if (!error && !strcmp(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE), list->table)) {
		nftnl_expr_foreach(rule, see_expression, counts);
		error = list->see_rule(nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN), counts[0],
			counts[1], list->user);
	}
	nftnl_rule_free(rule);
	return error;
}

/** Shows the rules. */
int nft_list_rules(struct netlink *kept, uint16_t family, const char *table, nft_rule_fn *see,
	void *user)
{
	struct list list = { kept, .table = table, .see_rule = see, .user = user };

	return dump(family, NFT_MSG_GETRULE, NULL, see_rule, &list);
}

/** Takes the comment out of an element's notes. */
static int see_note(const struct nftnl_udata *note, void *user)
{
	const char **comment = user;

	if (nftnl_udata_type(note) == NFTNL_UDATA_SET_ELEM_COMMENT)
		*comment = nftnl_udata_get(note);
	return 0;
}

/** Sees one element that counts. */
static int see_counted(struct nftnl_set_elem *element, struct list *list)
{
	uint32_t size_bytes = 0;
	const void *notes = nftnl_set_elem_get(element, NFTNL_SET_ELEM_USERDATA, &size_bytes);
	struct nftnl_expr *counter =
		(void *)nftnl_set_elem_get(element, NFTNL_SET_ELEM_EXPR, NULL);
	const char *comment = "";
	uint64_t counts[2] = { 0, 0 };

	if (notes)
		nftnl_udata_parse(notes, size_bytes, see_note, &comment);
	if (counter)
		see_expression(counter, counts);
	list->error = list->see_counter(comment, counts[0], counts[1], list->user);
	return list->error;
}

/** Sees one element. */
static int see_one(struct nftnl_set_elem *element, void *user)
{
	struct list *list = user;
	uint32_t key_bytes = 0, data_bytes = 0, data = 0;
	const void *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &key_bytes);
	const void *value = nftnl_set_elem_get(element, NFTNL_SET_ELEM_DATA, &data_bytes);

	if (list->see_counter)
		return see_counted(element, list);
	if (!key || !value || data_bytes != sizeof(data))
		return 0;
	memcpy(&data, value, sizeof(data));
	list->error = list->see_element(key, key_bytes, data, list->user);
	return list->error;
}

/** Sees a message with some elements. */
static int see_elements(const struct nlmsghdr *message, void *user)
{
	struct list *list = user;
	struct nftnl_set *set = nftnl_set_alloc();
	int error = -ENOMEM;

	if (!set)
		return error;
	error = nftnl_set_elems_nlmsg_parse(message, set) ? -EPROTO : 0;
	list->error = 0;
	if (!error && nftnl_set_elem_foreach(set, see_one, list))
		error = list->error;
	nftnl_set_free(set);
	return error;
}

/** Shows the elements. */
int nft_list_elements(struct netlink *kept, uint16_t family, const char *table,
	const char *map, nft_element_fn *see, void *user)
{
	struct list list = { kept, .table = table, .see_element = see, .user = user };

	return dump(family, NFT_MSG_GETSETELEM, map, see_elements, &list);
}

/** Writes a request for one element into buffer; -ENOMEM. */
static int build_request(struct nlmsghdr *message, const char *table, const char *map,
	const void *key, uint32_t key_bytes)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();

	if (!set || !element) {
		if (set)
			nftnl_set_free(set);
		if (element)
			nftnl_set_elem_free(element);
		return -ENOMEM;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, map);
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key, key_bytes);
	nftnl_set_elem_add(set, element);
	nftnl_set_elems_nlmsg_build_payload(message, set);
	nftnl_set_free(set);
	return 0;
}

/** Asks for one element. */
int nft_has_element(struct netlink *netlink, uint16_t family, const char *table,
	const char *map, const void *key, uint32_t key_bytes)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
		(char *)buffer, NFT_MSG_GETSETELEM, family, 0, ++netlink->sequence);
	int error = build_request(message, table, map, key, key_bytes);

	if (!error)
		error = netlink_talk(netlink, message, NULL, NULL);
	if (error == -ENOENT)
		return 0;
	return error ? error : 1;
}

/** Notes what an element has counted. */
static int note_counts(struct nftnl_set_elem *element, void *user)
{
	uint64_t *counts = user;
	struct nftnl_expr *counter =
		(void *)nftnl_set_elem_get(element, NFTNL_SET_ELEM_EXPR, NULL);

	if (counter) {
		see_expression(counter, counts);
		counts[2] = true;
	}
	return 0;
}

/** Sees the message with the element that was asked for. */
static int see_asked(const struct nlmsghdr *message, void *user)
{
	struct nftnl_set *set = nftnl_set_alloc();

	if (!set)
		return -ENOMEM;
	if (!nftnl_set_elems_nlmsg_parse(message, set))
		nftnl_set_elem_foreach(set, note_counts, user);
	nftnl_set_free(set);
	return 0;
}

/** Asks for one element. */
int nft_element_counts(struct netlink *netlink, uint16_t family, const char *table,
	const char *map, const void *key, uint32_t key_bytes, uint64_t *ret_packets,
	uint64_t *ret_bytes)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	uint64_t counts[3] = { 0, 0, false };
	struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
		(char *)buffer, NFT_MSG_GETSETELEM, family, 0, ++netlink->sequence);
	int error = build_request(message, table, map, key, key_bytes);

	if (!error)
		error = netlink_talk(netlink, message, see_asked, counts);
	*ret_packets = counts[0];
	*ret_bytes = counts[1];
	return error || counts[2] ? error : -ENOENT;
}

/** Shows the elements and what they have counted. */
int nft_list_counters(struct netlink *kept, uint16_t family, const char *table,
	const char *set, nft_counter_fn *see, void *user)
{
	struct list list = { kept, .table = table, .see_counter = see, .user = user };

	return dump(family, NFT_MSG_GETSETELEM, set, see_elements, &list);
}

/** Sees one object. */
static int see_object(const struct nlmsghdr *message, void *user)
{
	const struct list *list = user;
	struct nftnl_obj *object = nftnl_obj_alloc();
	int error = -ENOMEM;

	if (!object)
		return error;
	error = nftnl_obj_nlmsg_parse(message, object) ? -EPROTO : 0;
	if (!error && !strcmp(nftnl_obj_get_str(object, NFTNL_OBJ_TABLE), list->table) &&
		nftnl_obj_get_u32(object, NFTNL_OBJ_TYPE) == NFT_OBJECT_COUNTER)
		error = list->see_counter(nftnl_obj_get_str(object, NFTNL_OBJ_NAME),
			nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_PKTS),
			nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_BYTES), list->user);
	nftnl_obj_free(object);
	return error;
}

/** Shows the counters with names. */
int nft_list_named_counters(struct netlink *kept, uint16_t family, const char *table,
	nft_counter_fn *see, void *user)
{
	struct list list = { kept, .table = table, .see_counter = see, .user = user };
	int error = dump(family, NFT_MSG_GETOBJ, NULL, see_object, &list);

	return error == -ENOENT ? 0 : error;
}

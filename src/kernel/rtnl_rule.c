/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and writes rules (linux/fib_rules.h).
 */
#include "kernel/rtnl_rule.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl_attribute.h"

/** First room of a list that grows. */
#define LIST_CAPACITY 32

/** Appends a rule. */
int rtnl_rules_append(struct rtnl_rules *rules, const struct rtnl_rule *rule)
{
	size_t capacity = rules->capacity ? rules->capacity * 2 : LIST_CAPACITY;
	struct rtnl_rule *items;

	if (rules->count == rules->capacity) {
		items = reallocarray(rules->items, capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		rules->items = items;
		rules->capacity = capacity;
	}
	rules->items[rules->count++] = *rule;
	return 0;
}

/** Compares all that a rule says. */
bool rtnl_rule_equal(const struct rtnl_rule *one, const struct rtnl_rule *other)
{
	return one->family == other->family && one->action == other->action &&
	       one->protocol == other->protocol && one->inverted == other->inverted &&
	       one->special == other->special && one->priority == other->priority &&
	       one->mark == other->mark && one->mask == other->mask &&
	       one->table == other->table && one->target == other->target &&
	       strcmp(one->input, other->input) == 0 &&
	       address_equal(&one->host, &other->host);
}

/** Takes one attribute of a rule. What does not narrow a rule is left out; everything
 *  unknown is taken to do so. */
static void rule_attribute(const struct nlattr *attribute, struct rtnl_rule *rule)
{
	switch (mnl_attr_get_type(attribute)) {
	case FRA_PRIORITY:
		rule->priority = rtnl_attribute_u32(attribute);
		break;
	case FRA_FWMARK:
		rule->mark = rtnl_attribute_u32(attribute);
		break;
	case FRA_FWMASK:
		rule->mask = rtnl_attribute_u32(attribute);
		break;
	case FRA_TABLE:
		rule->table = rtnl_attribute_u32(attribute);
		break;
	case FRA_GOTO:
		rule->target = rtnl_attribute_u32(attribute);
		break;
	case FRA_PROTOCOL:
		rule->protocol = mnl_attr_get_u8(attribute);
		break;
	case FRA_IIFNAME:
		strncpy(rule->input, mnl_attr_get_str(attribute),
			sizeof(rule->input) - 1);
		break;
	case FRA_DST:
		rule->host = rtnl_attribute_address(attribute, rule->family);
		break;
	case FRA_SUPPRESS_PREFIXLEN:
	case FRA_SUPPRESS_IFGROUP:
		rule->special |= rtnl_attribute_u32(attribute) != UINT32_MAX;
		break;
	case FRA_PAD:
	case FRA_FLOW:
		break;
	case FRA_L3MDEV:
		rule->special |= mnl_attr_get_u8(attribute) != 0;
		break;
	default:
		rule->special = true;
	}
}

/** Collects one rule of a dump. */
static int rule_see(const struct nlmsghdr *message, void *user_data)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
	struct rtnl_rule rule = { .family = 0 };
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWRULE ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return 0;
	rule.family = header->family;
	rule.action = header->action;
	rule.table = header->table;
	rule.inverted = header->flags & FIB_RULE_INVERT;
	rule.special = header->src_len || header->tos;
	mnl_attr_for_each (attribute, message, sizeof(*header))
		rule_attribute(attribute, &rule);
	rule.special |= header->dst_len != address_size_bytes(&rule.host) * 8;
	if (rule.action != FR_ACT_TO_TBL)
		rule.table = 0;
	return rtnl_rules_append(user_data, &rule);
}

/** Where a dump collects to, to begin again there. */
struct collection {
	struct rtnl_rules *rules;
	size_t first;
};

/** Forgets what an interrupted dump brought. */
static void collection_begin(void *user_data)
{
	struct collection *collection = user_data;

	collection->rules->count = collection->first;
}

/** Hands a message on to the rules' list. */
static int collection_rule(const struct nlmsghdr *message, void *user_data)
{
	struct collection *collection = user_data;

	return rule_see(message, collection->rules);
}

/** Dumps the rules. */
int rtnl_rules_read(struct netlink *netlink, uint8_t family, struct rtnl_rules *rules)
{
	struct collection collection = { rules, rules->count };
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETRULE, 0);
	struct fib_rule_hdr *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->family = family;
	return netlink_dump(
		netlink, message, collection_rule, collection_begin, &collection);
}

/** Sends a message about a rule. */
static int rule_talk(struct netlink *netlink, const struct rtnl_rule *rule, uint16_t type,
	uint16_t flags)
{
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, type, flags);
	struct fib_rule_hdr *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->family = rule->family;
	header->action = rule->action;
	header->flags = rule->inverted ? FIB_RULE_INVERT : 0;
	header->dst_len = (uint8_t)(address_size_bytes(&rule->host) * 8);
	rtnl_attribute_put_address(message, FRA_DST, &rule->host);
	mnl_attr_put_u32(message, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(message, FRA_PROTOCOL, rule->protocol);
	if (rule->mask) {
		mnl_attr_put_u32(message, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(message, FRA_FWMASK, rule->mask);
	}
	if (rule->table)
		mnl_attr_put_u32(message, FRA_TABLE, rule->table);
	if (rule->target)
		mnl_attr_put_u32(message, FRA_GOTO, rule->target);
	if (rule->input[0])
		mnl_attr_put_strz(message, FRA_IIFNAME, rule->input);
	return netlink_talk(netlink, message, NULL, NULL);
}

/** Adds a rule. */
int rtnl_rule_add(struct netlink *netlink, const struct rtnl_rule *rule)
{
	int error = rule_talk(netlink, rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return error == -EEXIST ? 0 : error;
}

/** Deletes a rule. */
int rtnl_rule_delete(struct netlink *netlink, const struct rtnl_rule *rule)
{
	int error = rule_talk(netlink, rule, RTM_DELRULE, 0);

	return error == -ENOENT ? 0 : error;
}

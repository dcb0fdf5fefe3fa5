/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages name the words of a list in the order that they have here.
 */
#include "daemon/config_words.h"

#include "core/config.h"

const struct config_choice config_words_rulesets[] = {
	{ "nftables", RULESET_NFTABLES },
	{ "external", RULESET_EXTERNAL },
	{ NULL, 0 },
};

const struct config_choice config_words_methods[] = {
	{ "direct", METHOD_DIRECT },
	{ "tunnel", METHOD_TUNNEL },
	{ "nat", METHOD_NAT },
	{ "local", METHOD_LOCAL },
	{ NULL, 0 },
};

const struct config_choice config_words_encapsulations[] = {
	{ "ipip", ENCAPSULATION_IPIP },
	{ "gue", ENCAPSULATION_GUE },
	{ NULL, 0 },
};

const struct config_choice config_words_fast_paths[] = {
	{ "auto", FAST_PATH_AUTO },
	{ "bpf", FAST_PATH_BPF },
	{ "nft", FAST_PATH_NFT },
	{ "off", FAST_PATH_OFF },
	{ NULL, 0 },
};

const struct config_choice config_words_replies[] = {
	{ "unseen", false },
	{ "seen", true },
	{ NULL, 0 },
};

const struct config_choice config_words_affinities[] = {
	{ "client", AFFINITY_CLIENT },
	{ "session", AFFINITY_SESSION },
	{ NULL, 0 },
};

const struct config_choice config_words_switches[] = {
	{ "off", SWITCH_OFF },
	{ "auto", SWITCH_AUTO },
	{ "on", SWITCH_ON },
	{ NULL, 0 },
};

const struct config_choice config_words_initials[] = {
	{ "table", INITIAL_TABLE },
	{ "auto", INITIAL_AUTO },
	{ "stateless", INITIAL_STATELESS },
	{ NULL, 0 },
};

const struct config_choice config_words_peers[] = {
	{ "any", PEER_ANY },
	{ "libreswan", PEER_LIBRESWAN },
	{ NULL, 0 },
};

const struct config_choice config_words_yes_or_no[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

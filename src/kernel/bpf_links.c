/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links are known to the program by their index alone.
 */
#include "kernel/bpf_links.h"

#include "kernel/bpf_hook.h"
#include "kernel/bpf_program.h"

/** Attaches, or replaces an earlier one. */
static int attach(uint32_t interface, const char *name, void *user)
{
	(void)name;
	return bpf_program_attach(user, interface);
}

/** Detaches whichever. */
static int detach(uint32_t interface, const char *name, void *user)
{
	(void)name;
	return bpf_program_detach(user, interface);
}

/** Asks for this very program. */
static int is_attached(uint32_t interface, const char *name, void *user)
{
	(void)name;
	return bpf_program_is_attached(user, interface);
}

const struct ingress_links_owner bpf_links_owner = {
	.attach = attach, .detach = detach, .is_attached = is_attached
};

/** Notes whether a program of ours is at one link. */
static int note_hook(const struct rtnl_link *link, void *user)
{
	uint32_t program = 0;

	if (bpf_hook_find(link->interface, &program) == 0 && program)
		*(bool *)user = true;
	return 0;
}

/** Asks at all. */
bool bpf_links_has_any(struct ingress_links *links)
{
	bool any = false;

	return rtnl_link_walk(&links->netlink, note_hook, &any) == 0 && any;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives away what the daemon does not need once its sockets are open.
 */
#pragma once

/** Keeps CAP_NET_ADMIN (every netlink message asks for it) and nothing else, also over
 *  exec. Negative errno. */
int privileges_drop(void);

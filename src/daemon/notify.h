/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a service manager how far we are (sd_notify(3): a datagram, so no library).
 * Where NOTIFY_SOCKET is not set nothing happens.
 */
#pragma once

/** Sends a state such as "READY=1". Negative errno when a manager is there but cannot
 *  be told. */
int notify_send(const char *state);

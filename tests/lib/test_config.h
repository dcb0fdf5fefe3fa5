/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration made in memory, for tests that link base and core alone.
 */
#pragma once

#include "core/config.h"

/**
 * One service "vpn" at 192.0.2.1 and 2001:db8::1, round robin, 30 s and 18000 s, with
 * servers gw1, gw2, ... of both families and weight 1. Change what the test needs before
 * a director is made of it; config_free afterwards. Never NULL.
 */
struct config *test_config(size_t server_count);

/** Adds a service of that name at address (IPv4 text) with one server of that name. */
void test_config_add_service(
	struct config *config, const char *name, const char *address);

/** The address that text says; stops the test where it is none. */
struct address test_address(const char *text);

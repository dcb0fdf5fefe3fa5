/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration file may leave out, once. config_defaults fills values from here
 * and the file's schema shows the same figures, so the two cannot drift apart.
 */
#pragma once

/* The socket's place is the build's, the same for the daemon and the tool. */
#define CONFIG_DEFAULT_SOCKET IPB_RUNSTATEDIR "/ipsec-balancer/control.sock"

#define CONFIG_DEFAULT_STATE_FILE IPB_LOCALSTATEDIR "/lib/ipsec-balancer/state"
#define CONFIG_DEFAULT_STATE_INTERVAL_S 60

#define CONFIG_DEFAULT_MARK_BASE 0x10000
#define CONFIG_DEFAULT_MARK_MASK 0xff0000
#define CONFIG_DEFAULT_TABLE_BASE 9000
#define CONFIG_DEFAULT_RULE_PRIORITY 50
#define CONFIG_DEFAULT_QUEUE 500
#define CONFIG_DEFAULT_QUEUE_LENGTH 8192
#define CONFIG_DEFAULT_SOCKET_BUFFER_BYTES 8388608
#define CONFIG_DEFAULT_MAX_ENTRIES 1000000
#define CONFIG_DEFAULT_MAX_ENTRIES_PER_CLIENT 64
#define CONFIG_DEFAULT_UNREACHABLE_RATE 10
#define CONFIG_DEFAULT_UNREACHABLE_BURST 20
#define CONFIG_DEFAULT_TIMEOUT_INITIAL_S 30
#define CONFIG_DEFAULT_TIMEOUT_ESTABLISHED_S 18000
#define CONFIG_DEFAULT_SOFT_ENTRIES 0
#define CONFIG_DEFAULT_PERSISTENCE_S 0
#define CONFIG_DEFAULT_PERSISTENCE_PREFIX_V4 32
#define CONFIG_DEFAULT_PERSISTENCE_PREFIX_V6 128
#define CONFIG_DEFAULT_WEIGHT 1
#define CONFIG_DEFAULT_GUE_PORT 6080 /* as IANA has it for GUE */

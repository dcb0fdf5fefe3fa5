/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the configuration file (libConfuse syntax) into struct config. All or nothing:
 * a config is returned only when every value and their sum has been found good.
 */
#pragma once

#include "core/config.h"
#include "daemon/config_errors.h"

#define CONFIG_FILE_BYTES 1048576 /**< longest file that is read */

/**
 * Reads the file at path. The config belongs to the caller: config_free.
 * -EINVAL: errors says what is wrong; other negative errno: the file could not be read,
 * which errors says too. errors->name borrows path.
 */
int config_file_load(const char *path, struct config **ret_config,
	struct config_errors *errors);

/** The same for text that is in memory; name is what errors call it. -EINVAL, -ENOMEM. */
int config_file_parse(const char *name, const char *text, struct config **ret_config,
	struct config_errors *errors);

/** The i-th key of the file (sections too), NULL behind the last: for the test that
 *  the manual names each. */
const char *config_file_key(size_t index);

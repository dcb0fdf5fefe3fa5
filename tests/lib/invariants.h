/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be true of a director between any two packets, whatever came: the counts
 * agree with the lists, the lists with the tables, the limits hold, nothing is lost or
 * counted twice. Scenarios, captures and fuzzing all ask it after every step.
 */
#pragma once

#include <stdint.h>

#include "core/director.h"

/** The first broken rule as a phrase, or NULL. packets is how many were committed. */
const char *invariants_broken(const struct director *director, uint64_t packets);

/** All counters of all reasons added up. */
uint64_t invariants_counted(const struct director *director);

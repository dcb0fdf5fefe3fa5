/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the assembler take the file in as it is; libbpf wants it aligned.
 */
#include "kernel/bpf_object.h"

/* The place in the build directory, where the compiler runs. */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"bpf_object_begin:\n"
	".incbin \"src/bpf/ingress.bpf.o\"\n"
	"bpf_object_end:\n"
	".byte 0\n"
	".popsection\n");

extern const char bpf_object_begin[] __attribute__((visibility("hidden")));
extern const char bpf_object_end[] __attribute__((visibility("hidden")));

/** Tells where the file is. */
const void *bpf_object_bytes(size_t *ret_size_bytes)
{
	*ret_size_bytes = (size_t)(bpf_object_end - bpf_object_begin);
	return bpf_object_begin;
}

# SPDX-License-Identifier: GPL-2.0-or-later
# The program that carries established clients at tc ingress.
BPF_SOURCES = \
	src/bpf/checksum.bpf.h \
	src/bpf/direct.bpf.h \
	src/bpf/frame.bpf.h \
	src/bpf/ingress.bpf.c \
	src/bpf/layout.h \
	src/bpf/maps.bpf.h \
	src/bpf/nat.bpf.h \
	src/bpf/reply.bpf.h \
	src/bpf/tunnel.bpf.h \
	src/bpf/unusual.bpf.h
EXTRA_DIST += $(BPF_SOURCES)

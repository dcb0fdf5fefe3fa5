# SPDX-License-Identifier: GPL-2.0-or-later
# The program that carries established clients at tc ingress. It becomes part of the daemon's
# own file: there is no other to be installed with it.
BPF_FILES = \
	src/bpf/checksum.bpf.h \
	src/bpf/clients.bpf.h \
	src/bpf/counted.bpf.h \
	src/bpf/direct.bpf.h \
	src/bpf/error.bpf.h \
	src/bpf/frame.bpf.h \
	src/bpf/ingress.bpf.c \
	src/bpf/layout.h \
	src/bpf/maps.bpf.h \
	src/bpf/nat.bpf.h \
	src/bpf/reply.bpf.h \
	src/bpf/tunnel.bpf.h \
	src/bpf/unusual.bpf.h
EXTRA_DIST += $(BPF_FILES)

if HAVE_BPF
src/bpf/ingress.bpf.o: $(BPF_FILES) src/base/cuckoo_layout.h
	$(AM_V_GEN)$(MKDIR_P) src/bpf && \
	$(BPF_CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wshadow $(BPF_WERROR) \
		-I$(top_srcdir)/src $(BPF_CPPFLAGS) $(BPF_CFLAGS) \
		-c $(top_srcdir)/src/bpf/ingress.bpf.c -o $@ && \
	$(BPF_STRIP) -g $@
CLEANFILES += src/bpf/ingress.bpf.o
endif

# SPDX-License-Identifier: GPL-2.0-or-later
# The tool stands beside the floors: of the project it knows the control protocol alone.
noinst_LTLIBRARIES += src/ctl/libipb-ctl.la
src_ctl_libipb_ctl_la_SOURCES = \
	src/ctl/capture.c src/ctl/capture.h \
	src/ctl/capture_link.c src/ctl/capture_link.h \
	src/ctl/client.c src/ctl/client.h \
	src/ctl/column.c src/ctl/column.h \
	src/ctl/command.c src/ctl/command.h \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/explain.c src/ctl/explain.h \
	src/ctl/hex.c src/ctl/hex.h \
	src/ctl/options.c src/ctl/options.h \
	src/ctl/packet_bytes.c src/ctl/packet_bytes.h \
	src/ctl/packet_words.c src/ctl/packet_words.h \
	src/ctl/request.c src/ctl/request.h \
	src/ctl/writer.h \
	src/ctl/writer_explain.c \
	src/ctl/writer_json.c \
	src/ctl/writer_text.c
src_ctl_libipb_ctl_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(PCAP_CFLAGS)
src_ctl_libipb_ctl_la_LIBADD = $(JANSSON_LIBS) $(PCAP_LIBS)

sbin_PROGRAMS += src/ipsec-balancerctl
src_ipsec_balancerctl_SOURCES = src/ctl/main.c
src_ipsec_balancerctl_LDADD = src/ctl/libipb-ctl.la

pkginclude_HEADERS = include/ipsec-balancer/control.h

# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LTLIBRARIES += src/base/libipb-base.la
src_base_libipb_base_la_SOURCES = \
	src/base/address.c src/base/address.h \
	src/base/chain.c src/base/chain.h \
	src/base/cuckoo.c src/base/cuckoo.h src/base/cuckoo_layout.h \
	src/base/cursor.c src/base/cursor.h \
	src/base/hash.c src/base/hash.h \
	src/base/list.c src/base/list.h \
	src/base/pool.c src/base/pool.h \
	src/base/table.c src/base/table.h

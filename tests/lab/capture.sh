# shellcheck shell=bash
# What left on which link: packet captures, and claims about what is in them. Sourced by lib.sh.
#
# A capture is a file NAME.pcap in the run's directory, so those of a failed stage are kept
# with its logs. Filters are pcap's; its udp[] reaches into IPv4 packets only, which is why
# those that look into IKE are made here, for both families.

CAPTURE_PACKETS=20000
CAPTURE_SECONDS=300
# Names for what the filters cannot say briefly. shellcheck does not see the stages use them.
# shellcheck disable=SC2034
CAPTURE_DF='ip[6:2] & 0x4000 != 0'
# shellcheck disable=SC2034
CAPTURE_FRAGMENTS='(ip[6:2] & 0x3fff != 0 or ip6 proto 44)'
# shellcheck disable=SC2034
CAPTURE_IKE='(udp port 500 or (udp port 4500 and (udp[8:4] = 0 or ip6[48:4] = 0)))'
# shellcheck disable=SC2034
CAPTURE_ESP_IN_UDP='(udp port 4500 and ((udp[4:2] > 9 and udp[8:4] != 0)
	or (ip6[44:2] > 9 and ip6[48:4] != 0)))'
# IKEv2's own fragments: encrypted fragment (53) as the first payload, RFC 7383 2.5.
# shellcheck disable=SC2034
CAPTURE_IKE_FRAGMENTS='((udp port 500 and (udp[24] = 53 or ip6[64] = 53))
	or (udp port 4500 and ((udp[8:4] = 0 and udp[28] = 53)
		or (ip6[48:4] = 0 and ip6[68] = 53))))'
# ICMP fragmentation needed, ICMPv6 packet too big.
# shellcheck disable=SC2034
CAPTURE_TOO_BIG='((icmp[0] = 3 and icmp[1] = 4) or (icmp6 and ip6[40] = 2))'
# shellcheck disable=SC2034
CAPTURE_NO_UDP_CHECKSUM='udp[6:2] = 0'

# Prints why nothing can be captured here; nothing when it can.
capture_missing() {
	command -v tcpdump >/dev/null || echo "no tcpdump"
}

# Starts capture $1 of device $3 ("any" for all) in namespace $2; a filter may follow. Ends by
# itself after CAPTURE_PACKETS packets or CAPTURE_SECONDS. What is kept of a packet is bounded,
# for the kernel's buffer has room for so many of that size, not of the packets' own.
capture_start() {
	local name=$1 ns=$2 dev=$3
	shift 3
	lab_spawn "capture-$name" "$ns" timeout "$CAPTURE_SECONDS" tcpdump -Z root \
		--immediate-mode -U -n -s 9216 -B 8192 -i "$dev" -c "$CAPTURE_PACKETS" \
		-w "$LAB_DIR/$name.pcap" "$*"
	echo "$LAB_SPAWNED" >"$LAB_DIR/$name.capture"
	# The file's header is written when the socket is open.
	lab_until 100 test -s "$LAB_DIR/$name.pcap" ||
		stage_fail "capture $name did not start, see $LAB_DIR/log/capture-$name.log"
}

# Waits until capture $1 has written what passed: two looks without a change.
capture_settle() {
	local before=-1 now tries
	for ((tries = 0; tries < 50; tries++)); do
		now=$(stat -c %s "$LAB_DIR/$1.pcap")
		[ "$now" != "$before" ] || return 0
		before=$now
		sleep 0.3
	done
}

# True when all that came to capture $1, now ended, is in its file.
capture_is_whole() {
	local count word what captured='' received='' dropped=''
	while read -r count word what; do
		case $what in
		captured) captured=$count ;;
		"received by filter") received=$count ;;
		"dropped by kernel") dropped=$count ;;
		esac
	done <"$LAB_DIR/log/capture-$1.log"
	: "$word"
	[ -n "$captured" ] && [ "$captured" = "$received" ] && [ "$dropped" = 0 ]
}

# Ends the named captures; one that lost packets proves nothing and fails the stage.
capture_stop() {
	local name
	for name; do
		capture_settle "$name"
		lab_end 50 "$(cat "$LAB_DIR/$name.capture")"
		capture_is_whole "$name" || stage_fail "capture $name lost packets"
	done
}

# Prints the packets of capture $1 that match a filter (all without one), one a line, without
# times or names; further options for tcpdump stand in CAPTURE_OPTIONS.
capture_lines() {
	local name=$1
	shift
	# shellcheck disable=SC2086 # a list of words
	tcpdump -tnn ${CAPTURE_OPTIONS:-} -r "$LAB_DIR/$name.pcap" "$*" \
		2>>"$LAB_DIR/log/capture-read.log"
}

# Prints how many packets of capture $1 match a filter.
capture_count() {
	capture_lines "$@" | wc -l
}

# Prints the outermost "SOURCE > DESTINATION" of what matches in capture $1, each pair once;
# with UDP the ports stand behind the addresses, as in 192.0.2.1.500.
capture_ends() {
	capture_lines "$@" | sed -nE 's/^IP6? ([^ ]+) > ([^ ]+): .*/\1 > \2/p' | sort -u
}

# Prints the SPIs of the ESP packets that match in capture $1, each once.
capture_spis() {
	capture_lines "$@" | sed -n 's/.*ESP(spi=\(0x[0-9a-f]*\),.*/\1/p' | sort -u
}

# Prints the pairs of cookies of the IKE packets that match in capture $1, each once, those of
# first messages (no responder's cookie yet) left out.
capture_cookies() {
	CAPTURE_OPTIONS=-vv capture_lines "$@" |
		sed -n 's/.* cookie \([0-9a-f]*->[0-9a-f]*\).*/\1/p' | grep -v -- '->0*$' | sort -u
}

# Prints how many packets that match in capture $1 have a wrong checksum. What a namespace's
# own programs send by UDP has none yet on a virtual link: look at what was forwarded there
# with "ethtool -K DEV tx off" at the sender, or at ESP.
capture_wrong_checksums() {
	CAPTURE_OPTIONS=-vv capture_lines "$@" | grep -cE 'bad (udp )?cksum|wrong icmp6? cksum'
}

# Claims that $2 packets of capture $3, called $1, match the filter that follows.
expect_captured() {
	local what=$1 count=$2
	shift 2
	expect "$what" "$count" "$(capture_count "$@")"
}

# Claims that at least $2 packets of capture $3, called $1, match the filter that follows.
expect_captured_at_least() {
	local what=$1 count=$2
	shift 2
	expect_at_least "$what" "$count" "$(capture_count "$@")"
}

# Claims that what matches in capture $3, called $1, all goes as $2 says: "SOURCE > DESTINATION",
# several of them in sorted order and one a line.
expect_captured_ends() {
	local what=$1 ends=$2
	shift 2
	expect "$what" "$ends" "$(capture_ends "$@")"
}

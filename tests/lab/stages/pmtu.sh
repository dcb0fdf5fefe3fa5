# shellcheck shell=bash
# "fragmentation needed" for the VIP reaches the real server whose packet it quotes

# Making keys takes longer in a guest than everything else.
prepare() {
	pki_prepare
}

# Only the kernel's own ESP asks for the path's MTU.
needs() {
	peers_missing
	peers_kernel_esp || echo "this kernel has no ESP"
	pki_missing
	director_missing
	capture_missing
}

# Lets the router take no more than $2 bytes towards client $1, by IPv4 and by IPv6.
client_narrow() {
	lab_ip_lines net <<-END
		route add $(client_address "$1") dev clients mtu lock $2
		route add $(client_address6 "$1") dev clients mtu lock $2
	END
}

# Pings through client $1's tunnel with packets of 9000 bytes, DF set or not as in $2 (do, dont).
jumbo_ping() {
	lab_in "c$1" ping -q -n -M "$2" -s 8972 -c 2 -i 0.2 -W 5 -I "$(client_inner "$1")" \
		"$LAB_INNER"
}

# Server $1 pings client $2 through the tunnel with packets of 1400 bytes that must stay whole.
server_ping() {
	lab_in "s$1" ping -q -n -M 'do' -s 1372 -c 2 -i 0.2 -W 1 -I "$LAB_INNER" \
		"$(client_inner "$2")"
}

# Prints the MTU that server $1 knows of its way to address $2; nothing when it never heard.
server_mtu() {
	local vip=$LAB_VIP
	case $2 in *:*) vip=$LAB_VIP6 ;; esac
	lab_ip "s$1" route get "$2" from "$vip" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# Server $1 learns the MTU of its way to client $2, at $3, by sending what does not fit; the
# other server ($4), which sent nothing, hears nothing. $5 says what is quoted.
expect_learns() {
	expect "$5: MTU that gw$1 knows before" "" "$(server_mtu "$1" "$3")"
	expect_true "$5: packets of 1400 bytes with DF get no answer" lab_not server_ping "$1" "$2"
	expect "$5: MTU that gw$1 knows then" 1400 "$(server_mtu "$1" "$3")"
	expect "$5: MTU that gw$4 knows" "" "$(server_mtu "$4" "$3")"
}

# Client 1's way is narrow from the beginning: the server's IKE_AUTH does not fit, so there
# is a tunnel only if the server hears of it. The others' ways become narrow later.
stage() {
	local i
	peers_use_certificates
	stage_up 4 2 rr
	topology_jumbo
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 4 4
	peers_force_encap
	clients_start 2 "$LAB_VIP" 3 3
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	client_narrow 1 1200
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "MTU to client 1 that gw1 learned by IKE" 1200 \
		"$(server_mtu 1 "$(client_address 1)")"
	expect_true "client 2: 9000 bytes with DF as plain ESP" jumbo_ping 2 'do'
	expect_true "client 3: 9000 bytes with DF as ESP in UDP" jumbo_ping 3 'do'
	expect_true "client 4: 9000 bytes with DF over IPv6" jumbo_ping 4 'do'
	for i in 2 3 4; do client_narrow "$i" 1400; done
	expect_learns 2 2 "$(client_address 2)" 1 "plain ESP"
	expect_learns 1 3 "$(client_address 3)" 2 "ESP in UDP"
	expect_learns 2 4 "$(client_address6 4)" 1 "ESP over IPv6"
	for i in 2 3 4; do
		expect_true "client $i: 9000 bytes without DF, answered in fragments" jumbo_ping "$i" dont
	done
	capture_stop to-gw1 to-gw2
	# What comes out of a tunnel shows up on its device again: not counted.
	expect_captured "whole packets of more than 9000 bytes at gw1" 4 \
		to-gw1 greater 9001 and not icmp and not "$CAPTURE_FRAGMENTS"
	expect_captured "and at gw2" 8 \
		to-gw2 greater 9001 and not icmp and not "$CAPTURE_FRAGMENTS"
	expect_captured_ends "fragmentation needed at gw1" "198.51.100.1 > $LAB_VIP" \
		to-gw1 "$CAPTURE_TOO_BIG"
	expect_captured_ends "fragmentation needed at gw2, both families" \
		"198.51.100.1 > $LAB_VIP"$'\n'"2001:db8:3::1 > $LAB_VIP6" \
		to-gw2 "$CAPTURE_TOO_BIG"
	expect "ICMP errors that the director passed on" \
		$(($(capture_count to-gw1 "$CAPTURE_TOO_BIG") + $(capture_count to-gw2 "$CAPTURE_TOO_BIG"))) \
		"$(director_counter icmp-related)"
	expect_good_end
}

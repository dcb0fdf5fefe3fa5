# shellcheck shell=bash
# method nat: IKEv1 and IKEv2 with ESP in UDP, and what servers start after long silence

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# True when client $1 has other cookies than $2.
nat_rekeyed() {
	[ "$(nat_cookies "c$1")" != "$2" ] && [ -n "$(nat_cookies "c$1")" ]
}

# Four clients at two servers. Then conntrack forgets them all, and the servers begin to
# speak: they rekey the IKE SAs of IKEv2 and the children of all.
stage() {
	local before
	nat_up 4 2 rr
	nat_forget_late
	nat_capture_start ''
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 1 "$LAB_VIP" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	capture_stop outer inner
	expect "spread by the real servers' SAs" 2/2 "$(servers_spread)"
	expect_agreement 1 4
	expect_nat_ends '' 1 4
	expect "plain ESP on either side" 00 \
		"$(capture_count outer ip proto 50)$(capture_count inner ip proto 50)"
	expect "ESP in UDP without checksum, on either side" "$(unsummed) $(unsummed)" \
		"$(capture_count outer "$CAPTURE_ESP_IN_UDP and $CAPTURE_NO_UDP_CHECKSUM"
		) $(capture_count inner "$CAPTURE_ESP_IN_UDP and $CAPTURE_NO_UDP_CHECKSUM")"
	expect "connections of the four, on two ports" 8 "$(nat_connections)"
	nat_forget_soon
	lab_in dir conntrack -F >/dev/null 2>&1
	expect "connections when all was silent" 0 "$(nat_connections)"
	nat_capture_start 2
	before=$(nat_cookies c1)
	expect_true "server 1 rekeys its children" peer_ctl s1 --rekey --child inner
	expect_true "server 2 rekeys its children" peer_ctl s2 --rekey --child inner
	expect "the first word on the clients' side is the VIP's" "$LAB_VIP.4500" \
		"$(first_sender outer2)"
	expect "and the first on the servers' side a server's" "$(server_address 1).4500" \
		"$(first_sender inner2)"
	expect "pings answered by the new children" 4 "$(clients_ping 1 4)"
	expect_true "silence, and conntrack forgets by itself" lab_until 100 nat_no_connections
	expect_true "server 1 rekeys its IKE SA" peer_ctl s1 --rekey --ike vpn
	expect_true "client 1 has another one" lab_until 50 nat_rekeyed 1 "$before"
	expect_true "silence again" lab_until 100 nat_no_connections
	expect "pings answered after it" 4 "$(clients_ping 1 4)"
	capture_stop outer2 inner2
	expect "ports and addresses other than 4500, VIP, clients and servers" 00 \
		"$(others outer2 "$LAB_VIP")$(others inner2 net 10.2.0.0/24)"
	expect_agreement 1 4
	expect "wrong cookies seen" 0 "$(director_counter wrong-cookie)"
	expect_good_end
}

# Prints how many packets of four pings and their answers have no UDP checksum: the kernel makes
# none for ESP in UDP, strongSwan in user space does.
unsummed() {
	if peers_kernel_esp; then echo 8; else echo 0; fi
}

# Prints who sent the first IPsec packet of capture $1, when there is one.
first_sender() {
	lab_until 50 test -n "$(capture_ends "$1" "$NAT_IPSEC")"
	capture_lines "$1" "$NAT_IPSEC" | sed -nE '1s/^IP6? ([^ ]+) > .*/\1/p'
}

# Prints how many IPsec packets of capture $1 are not between port 4500 of a client and port
# 4500 of the pcap primitive that follows.
others() {
	local name=$1
	shift
	case $1 in net) ;; *) set -- host "$1" ;; esac
	capture_count "$name" "$NAT_IPSEC and not (udp src port 4500 and udp dst port 4500 and
		((src net 203.0.113.0/24 and dst $*) or (dst net 203.0.113.0/24 and src $*)))"
}

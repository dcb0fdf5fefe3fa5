# shellcheck shell=bash
# ESP in IP fragments: all pieces to the client's server

# Userspace ESP divides what is inside; the kernel's divides what goes out.
needs() {
	peers_missing
	director_missing
	peers_kernel_esp || echo "this kernel has no ESP"
}

# Sends $3 pings of $2 bytes inside from client $1.
big_ping() {
	lab_in "c$1" ping -q -n -M dont -i 0.2 -c "$3" -w $(($3 + 10)) -s $(($2 - 28)) \
		-I "$(client_inner "$1")" "$LAB_INNER"
}

# One client of each family, at different servers; each of their packets is three.
stage() {
	stage_up 2 2 rr
	watch_fragments
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 2 "$LAB_VIP6" 2 2
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_true "five pings of 3000 bytes over IPv4" big_ping 1 3000 5
	expect_true "five pings of 3000 bytes over IPv6" big_ping 2 3000 5
	expect "later fragments at gw1" 10 "$(watch_packets s1 fragments)"
	expect "later fragments at gw2" 10 "$(watch_packets s2 fragments)"
	expect_good_end
}

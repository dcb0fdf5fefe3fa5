# shellcheck shell=bash
# What happens to a tunnel while it lives: new keys and re-authentication from either side, and
# the server's question whether the client is still there. Sourced by run. Nothing here depends
# on the method.

# Prints what the strongSwan of server $1 has with the client of address $2: a line "ike NUMBER
# PAIR-OF-COOKIES" or "child NUMBER SPI" for each established SA.
server_sas() {
	peer_ctl "s$1" --list-sas | awk -v client="$2" '
		/^[^ ]/ { ike = /ESTABLISHED/ ? $2 " " $(NF - 1) " " $NF : ""; mine = 0 }
		/^  remote/ && index($0, " @ " client "[") { mine = 1 }
		/^  remote/ && mine && ike != "" { gsub(/[#,*]|_[ir]/, "", ike); print "ike", ike }
		/^  [^ ]*: #/ { child = /INSTALLED/ ? $2 : ""; gsub(/[#,]/, "", child) }
		/^    in / && mine && child != "" { gsub(/,/, "", $2); print "child", child, $2 }'
}

# Prints the number that server $1 gives its newest SA of sort $3 ("ike" or "child") with the
# client of address $2.
server_sa_number() {
	server_sas "$1" "$2" | awk -v sort="$3" '$1 == sort && $2 > n { n = $2 } END { print n }'
}

# True when server $1 has with the client of address $2 an SA of sort $3 that is not in $4.
server_has_new_sa() {
	server_sas "$1" "$2" | grep "^$3 " | grep -vxFq "$4"
}

# Claims that a command brings client $1 of address $2 a new SA of sort $3 at server $4, where
# it was, with the director agreeing and pings going on; $5 says what the command is.
expect_lives_through() {
	local client=$1 address=$2 sort=$3 server=$4 what=$5 before
	shift 5
	before=$(server_sas "$server" "$address")
	[ -n "$before" ] || stage_fail "client $address has no SA before: $what"
	expect_true "$what" "$@"
	expect_true "a new $sort SA at gw$server" \
		lab_until 50 server_has_new_sa "$server" "$address" "$sort" "$before"
	expect "server of $address by the director" "gw$server" "$(director_server_of "$address")"
	expect_true "three pings of client $client" client_ping "$client" 3
}

# Has server $1 renew its newest SA of sort $3 with the client of address $2; options may
# follow. Fails when that SA was on its way out, as those of IKEv1 are for some seconds.
server_renews() {
	local server=$1 address=$2 sort=$3
	shift 3
	peer_ctl "s$server" --rekey "$@" \
		"--$sort-id" "$(server_sa_number "$server" "$address" "$sort")"
}

# Claims that the tunnel of client $1, seen from address $2, survives new keys for both sorts
# of SA, asked for by either side.
expect_rekeys() {
	local server
	server=$(server_of_client "$2")
	expect_lives_through "$1" "$2" ike "$server" "client $2 rekeys its IKE SA" \
		peer_ctl "c$1" --rekey --ike vpn
	expect_lives_through "$1" "$2" child "$server" "client $2 rekeys its child" \
		peer_ctl "c$1" --rekey --child inner
	expect_lives_through "$1" "$2" ike "$server" "its server rekeys the IKE SA" \
		lab_until 10 server_renews "$server" "$2" ike
	expect_lives_through "$1" "$2" child "$server" "its server rekeys the child" \
		lab_until 10 server_renews "$server" "$2" child
	expect "servers that have $2" "$server" "$(server_of_client "$2")"
}

# Claims that it survives re-authentication from either side. Before expect_rekeys: strongSwan
# puts it off while a child that got new keys lingers. With IKEv1 a rekey is the same.
expect_reauthenticates() {
	local server
	server=$(server_of_client "$2")
	expect_lives_through "$1" "$2" ike "$server" "client $2 authenticates anew" \
		peer_ctl "c$1" --rekey --reauth --ike vpn
	expect_lives_through "$1" "$2" ike "$server" "its server authenticates anew" \
		lab_until 10 server_renews "$server" "$2" ike --reauth
	expect "servers that have $2" "$server" "$(server_of_client "$2")"
}

# Prints how many answers server $1 got to requests of its own that say nothing, as DPD is.
server_answers() {
	grep -c 'parsed INFORMATIONAL response [0-9]* \[ \]' "$LAB_DIR/log/s$1-charon.log"
}

# True when server $1 got more than $2 of these answers.
server_answered() {
	[ "$(server_answers "$1")" -gt "$2" ]
}

# Claims that server $1 asks after a silent client and gets an answer; needs
# peers_server_dpd before the servers were started.
expect_dpd_answered() {
	expect_true "gw$1 asks after a silent client and is answered" \
		lab_until 300 server_answered "$1" "$(server_answers "$1")"
}

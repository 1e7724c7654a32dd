# SPDX-License-Identifier: ISC
# berth on terminals that a test looks at and types on, all of tmux; close_panes belongs into teardown.

PANES=berth-$$

# pane NAME ARGUMENT...: berth on a terminal of its own, which stays when that ends
pane() {
	local name=$1
	shift
	tmux -L "$PANES" -f /dev/null new-session -d -s "$name" -x 120 -y 24 "'$BERTH' $*; echo \"(status \$?)\"; exec tail -f /dev/null"
}

screen() {
	tmux -L "$PANES" capture-pane -p -t "$1"
}

shows() {
	screen "$1" | grep -qF -- "$2"
}

until_shown() {
	until_true 10 shows "$1" "$2" || { screen "$1"; return 1; }
}

# keys NAME KEY...
keys() {
	tmux -L "$PANES" send-keys -t "$@"
}

close_panes() {
	tmux -L "$PANES" kill-server 2>/dev/null || true
}

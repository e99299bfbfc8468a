# Sourced by the other scripts. Knows where the project lies ($root) and how to make its .venv, and does so only when needed:
# with a stamp that fits, set_up takes a few milliseconds and says nothing. All its messages go to stderr.
#
# The stamp is written last and removed first, so an interrupted set-up is begun again from an empty .venv; a changed
# requirements.lock is installed in place, because a proxy may be running from that .venv. A lock on the project directory
# keeps two set-ups apart.

set -euo pipefail
shopt -s inherit_errexit nullglob

root=$(readlink -f -- "${BASH_SOURCE[0]}")
root=${root%/scripts/*}
venv=$root/.venv
stamp=$venv/.set-up           # two lines: the project directory (a .venv cannot be moved) and the Python it was made with
installed=$venv/.set-up.lock  # requirements.lock as it was installed

say() { printf '%s\n' "$*" >&2; }

# Everything between the first comment line and the first other line of a script is its help.
show_help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$1"; }

is_set_up() {
    [[ -x $venv/bin/python && -f $stamp && $(< "$stamp") == "$root"$'\n'* ]] && cmp -s "$root/requirements.lock" "$installed"
}

# Runs the candidate and prints the real path of that Python if it is new enough and can make a virtual environment.
# Running it is the only proof: a pyenv shim exists for versions that are not selected, and exits 127.
usable_python() {
    "$1" -I -c '
import os, sys
if sys.version_info < (3, 12):
    sys.exit(1)
try:
    import ensurepip, sqlite3, ssl, venv
except ImportError as missing:
    sys.stderr.write(f"{sys.executable} is Python {sys.version.split()[0]}, but lacks {missing.name}: "
                     f"on Debian and Ubuntu, apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv.\n")
    sys.exit(1)
print(os.path.realpath(sys.executable))' 2> >(grep ' lacks ' >&2)
}

# 3.13 first: it is the version the packages were chosen on. One candidate a line, best first.
candidates() {
    local home=~ version place
    for version in 3.13 3.14 3.12; do
        for place in "python$version" "/usr/local/bin/python$version" "/opt/homebrew/bin/python$version" \
            "${PYENV_ROOT:-$home/.pyenv}"/versions/"$version".*/bin/python \
            "${XDG_DATA_HOME:-$home/.local/share}"/uv/python/cpython-"$version".*/bin/python3; do
            printf '%s\n' "$place"
        done
    done
    printf '%s\n' python3
    local uv
    for uv in uv "$home/.local/bin/uv"; do
        UV_PYTHON_DOWNLOADS=never "$uv" python find '>=3.12' 2> /dev/null || true
    done
}

find_python() {
    local candidate
    while read -r candidate; do
        usable_python "$candidate" && return
    done < <(candidates)
    say "Cookie Proxy needs Python 3.12 or newer (3.13 is best), and none of the Pythons here is.
Any of these gives one; then run the same command again:
  pyenv:   pyenv install 3.13
  uv:      uv python install 3.13
  Debian:  13 and later have one: apt-get install python3 python3-venv (Debian 12's is too old)
  others:  an installer from python.org, or the package of your system
If one lies where nobody looks, say where: PYTHON=/path/to/python3.13 ${0}"
    return 1
}

# The lock belongs to file descriptor 9 and lasts until set_up closes it, or its processes die.
hold_lock() {
    "$1" -I -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Another set-up is running; waiting for it.", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)'
}

install() {
    local python=$1
    if [[ -L $venv ]]; then
        say "$venv is a link; it is left alone. Remove the link, and run this again."
        return 1
    fi
    say "Setting up $venv with $("$python" -V), once; this takes about half a minute."
    if [[ ! -f $stamp || $(< "$stamp") != "$root"$'\n'"$python" || ! -x $venv/bin/python ]]; then
        rm -f "$stamp"
        "$python" -I -m venv --clear "$venv"
    fi
    rm -f "$stamp"
    if ! "$venv/bin/python" -I -m pip install -qq --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: -r "$root/requirements.lock"; then
        say "The packages of requirements.lock could not be installed: see the message above. The next run tries again."
        return 1
    fi
    cp "$root/requirements.lock" "$installed"
    printf '%s\n' "$root" "$python" > "$stamp.new"
    mv "$stamp.new" "$stamp"
}

# An existing .venv is kept unless the caller asks for another Python in so many words.
set_up() {
    local python
    if [[ -n ${PYTHON:-} ]] && python=$(usable_python "$PYTHON"); then
        is_set_up && [[ $(< "$stamp") == *$'\n'"$python" ]] && return
    else
        is_set_up && return
        [[ -z ${PYTHON:-} ]] || say "PYTHON=$PYTHON does not run, or is older than 3.12: looking for another."
        python=$(find_python) || exit 1
    fi
    exec 9< "$root"
    hold_lock "$python"
    if ! is_set_up || [[ -n ${PYTHON:-} && $(< "$stamp") != *$'\n'"$python" ]]; then
        install "$python" || exit 1
    fi
    exec 9<&-
}

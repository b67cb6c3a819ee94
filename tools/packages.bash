# Sourced by the commands of this folder: Debian's packages, installed only where they are missing.

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

is_installed() {
  dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

need_packages() {
  local missing=() as_root=() package
  if ! command -v dpkg-query apt-get >/dev/null; then
    printf 'Not a Debian: going on with what is here. Needed, by their Debian names: %s\n' "$*"
    return
  fi
  for package; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "these packages are missing, and neither root nor sudo is here to install them: ${missing[*]}"
    as_root=(sudo)
  fi
  printf 'Installing %s\n' "${missing[*]}"
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" update && "${as_root[@]}" install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "could not install ${missing[*]}"
  fi
  rm -f "$log"
}

# configure FOLDER OPTION...: anew where an earlier one does not fit this machine any more.
configure() {
  local folder=$1
  shift
  if [ -e "$folder/build.ninja" ]; then
    meson setup --reconfigure "$folder" "$@" && return
    rm -rf "$folder"
  fi
  meson setup "$folder" "$@"
}

# shellcheck shell=bash
# Makes this checkout ready to run on Debian 12, Debian 13 or Raspberry Pi OS. The scripts beside it source it:
#
#   set -euo pipefail
#   . "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"
#   set_up demo|test|system|bench
#
# and find the project in $root, its virtual environment in $venv. VOICED_VENV=DIR puts that environment elsewhere,
# VOICED_NO_APT=1 leaves the system's packages alone. Progress goes to stderr, details into build/setup.log.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$(realpath -m -- "${VOICED_VENV:-$root/.venv}")
setup_log=$root/build/setup.log

# What runs, what the virtual sound card is made of, and what builds systemd-python, which has no wheels.
run_packages=(libportaudio2 flite espeak-ng)
# systemd-analyze scores the unit's sandbox.
sound_card_packages=(pulseaudio pulseaudio-utils libasound2-plugins alsa-utils systemd)
# The broker that tools with `mqtt:` are tested against.
broker_packages=(mosquitto)
# What boots the package on a Debian of its own.
machine_packages=(debootstrap systemd-container)
build_packages=(gcc libc6-dev pkg-config libsystemd-dev)

# The peer that the wake word's scores are tested against, and what it imports: the dependencies it declares can't be
# installed on Python 3.12 and later.
stock_wake_word=openwakeword==0.6.0
stock_wake_word_imports=(requests scikit-learn scipy tqdm)
# What the benches compare with and read recordings with, beside that.
bench_peers=(pyopen-wakeword==1.1.0 'soundfile>=0.12,<1')

# set_up demo|test|system|bench: the demo's needs, the quick tests' as well, the virtual sound card's as well, or the
# benches' peers as well.
set_up() {
  local packages=("${run_packages[@]}") python_needs=$1 stamp
  case $1 in
    demo | test) ;;
    system) packages+=("${sound_card_packages[@]}" "${machine_packages[@]}" "${broker_packages[@]}") python_needs=test ;;
    bench) packages+=("${sound_card_packages[@]}") ;;
    *) give_up "set_up knows demo, test, system and bench, not '$1'" ;;
  esac
  stamp=$venv/.voiced-$python_needs
  mkdir -p -- "$root/build"
  : >"$setup_log"
  if [[ -e $stamp && $(cat -- "$stamp") == "$(fingerprint)" ]]; then
    install_system_packages "${packages[@]}"
  else
    command -v python3 >/dev/null || install_system_packages python3
    find_python || give_up "Python 3.11, 3.12 or 3.13 is needed, and $(python3 --version) is the one on PATH"
    install_system_packages "${packages[@]}" "${build_packages[@]}" "${python_packages[@]}"
    make_environment
    install_python_packages "$python_needs"
    fingerprint >"$stamp"
  fi
  fetch_wake_models
}

# What an environment was made of: a change of any line means that it is no longer the right one.
fingerprint() {
  echo "checkout $root"
  echo "environment $venv"
  "$venv/bin/python" -c 'import sys; print("python", *sys.version_info[:2])' 2>/dev/null || echo "no python"
  sha256sum <"$root/pyproject.toml"
  echo "$stock_wake_word ${bench_peers[*]}"
}

# Finds a Python in range and the packages it needs to make environments and build extensions.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      python=$name
      # Debian splits its own Python; any other one came whole
      python_packages=()
      name=$("$name" -c 'import os, sys; print(os.path.realpath(sys.executable))')
      [[ $name != /usr/bin/* ]] || python_packages=("${name##*/}-venv" "${name##*/}-dev")
      return
    fi
  done
  return 1
}

install_system_packages() {
  local missing as_root=()
  [[ -z ${VOICED_NO_APT:-} ]] || return 0
  if ! command -v apt-get >/dev/null; then
    give_up "this is neither Debian nor Raspberry Pi OS; install what it calls $*, then run again with VOICED_NO_APT=1"
  fi
  # dpkg-query complains about, and leaves out, packages that it never heard of
  missing=$(comm -23 <(printf '%s\n' "$@" | sort) <(
    dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
      sed -n 's/ installed$//p' | sort
  ))
  [[ -n $missing ]] || return 0
  missing=${missing//$'\n'/ }
  if ((EUID)); then
    command -v sudo >/dev/null || give_up "as root, run: apt-get install $missing"
    as_root=(sudo)
  fi
  local apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 --assume-yes)
  step "package lists" "${apt_get[@]}" update
  # shellcheck disable=SC2086 # names of packages hold no spaces
  step "system packages ($missing)" "${apt_get[@]}" install --no-install-recommends $missing
}

make_environment() {
  local clear=()
  if [[ -e $venv/.voiced-demo || -e $venv/.voiced-test || -e $venv/.voiced-bench ]]; then
    clear=(--clear) # ours, but of another Python or place; its programs name their interpreter by path
    [[ $(cat -- "$venv"/.voiced-*) != *"$(fingerprint | head -n 3)"* ]] || return 0
  elif [[ -e $venv && ! -e $venv/pyvenv.cfg ]]; then
    give_up "$venv exists and is not a virtual environment; move it away, or name another with VOICED_VENV"
  fi
  step "virtual environment ($venv)" "$python" -m venv "${clear[@]}" "$venv"
}

install_python_packages() {
  local pip=(env -C "$root" "$venv/bin/python" -m pip --disable-pip-version-check install --progress-bar off)
  step "Python packages (minutes, once)" "${pip[@]}" --editable '.[demo,test,tflite]'
  [[ $1 != demo ]] || return 0
  step "Python packages for tests" "${pip[@]}" "${stock_wake_word_imports[@]}"
  step "$stock_wake_word for tests" "${pip[@]}" --no-deps "$stock_wake_word"
  [[ $1 == bench ]] || return 0
  step "Python packages for benches" "${pip[@]}" "${bench_peers[@]}"
}

# Cheap where the models are there, and says under which licence they may be used.
fetch_wake_models() {
  "$venv/bin/voiced" wake fetch </dev/null 2>&1 | tee -a -- "$setup_log" | sed 's/^/set-up: /' >&2 ||
    give_up "wake models can't be fetched"
}

# step NAME COMMAND…: one line on the screen, the output in the log and, if the command fails, its end on the screen.
step() {
  local name=$1 began=$SECONDS
  shift
  printf 'set-up: %s: ' "$name" >&2
  printf '\n$ %s\n' "$*" >>"$setup_log"
  if "$@" </dev/null 2>&1 | show_dots; then
    printf '%d s\n' $((SECONDS - began)) >&2
  else
    printf 'failed; the end of %s:\n' "$setup_log" >&2
    tail -n 25 -- "$setup_log" | sed 's/^/  /' >&2
    give_up "$name. If this machine reaches the network by a proxy or mirror, tell apt and pip in their own settings"
  fi
}

show_dots() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$setup_log"
    case $line in
      Get:* | "Setting up "* | Collecting\ * | *"Building "*) [[ ! -t 2 ]] || printf . >&2 ;;
    esac
  done
}

give_up() {
  printf 'set-up failed: %s\n' "$*" >&2
  exit 69
}

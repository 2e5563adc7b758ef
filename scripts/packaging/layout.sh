# shellcheck shell=bash
# What both ways of installing put on a machine. Sourced by scripts/install and scripts/build-deb.

# The environment is Debian's own Python with our packages beside it: no pip on the machine, and what Debian has
# compiled (python3-systemd, python3-lgpio) is seen through the system's packages.

# lay_out_system DESTINATION: units, users, rules, samples.
lay_out_system() {
  local to=$1
  install -D -m 644 "$root/systemd/voiced.service" "$to/usr/lib/systemd/system/voiced.service"
  install -D -m 644 "$root/systemd/voiced.sysusers" "$to/usr/lib/sysusers.d/voiced.conf"
  install -D -m 644 "$root/systemd/voiced.tmpfiles" "$to/usr/lib/tmpfiles.d/voiced.conf"
  install -D -m 644 "$root/systemd/99-voiced.rules" "$to/usr/lib/udev/rules.d/99-voiced.rules"
  [[ ! -e $root/systemd/voiced.catalog ]] ||
    install -D -m 644 "$root/systemd/voiced.catalog" "$to/usr/lib/systemd/catalog/voiced.catalog"
  install -d "$to/usr/share/doc/voiced/examples"
  cp -R -- "$root/config/voiced.yaml" "$root/config/tools.d" "$root/config/monitoring" "$root/systemd/examples/." \
    "$to/usr/share/doc/voiced/examples/"
  chmod -R u=rwX,go=rX "$to/usr/share/doc/voiced/examples"
  install -d "$to/usr/bin"
  ln -sfn /opt/voiced/bin/voiced "$to/usr/bin/voiced"
}

# lay_out_environment DESTINATION PYTHON: /opt/voiced as a virtual environment of /usr/bin/pythonPYTHON (as 3.11), with
# `voiced` in it, and no package yet. Made of files only, so that one machine can make another's.
lay_out_environment() {
  local to=$1/opt/voiced python=$2
  install -d "$to/bin" "$to/lib/python$python/site-packages"
  cat >"$to/pyvenv.cfg" <<EOF
home = /usr/bin
include-system-site-packages = true
version = $python
EOF
  ln -sfn "/usr/bin/python$python" "$to/bin/python3"
  # what an owner adds (a voice, a recogniser) lives apart, so that an upgrade leaves it alone
  echo /usr/local/lib/voiced >"$to/lib/python$python/site-packages/voiced-local.pth"
  cat >"$to/bin/voiced" <<'EOF'
#!/opt/voiced/bin/python3
import sys

from voiced.cli import main

sys.exit(main())
EOF
  chmod 755 "$to/bin/voiced"
}

# The packages that the speaker needs of the system, and what makes it better.
system_needs() {
  printf '%s\n' python3-systemd libportaudio2 libasound2-plugins flite espeak-ng alsa-utils ca-certificates procps
}

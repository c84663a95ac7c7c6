import type { Machine } from './machine.ts'

/** Where a machine's ordinary DNS server is, at an interface that leads nowhere. */
export const UPSTREAM = '192.0.2.53'
/** What that server has for `ordinary.example`, and nobody else. */
export const ORDINARY = '198.51.100.80'

const LOG = '/run/upstream.log'

/**
 * An interface with an address, and behind it a recursive resolver that knows one name and asks nobody: what a machine
 * in somebody's network has. It writes down what it is asked.
 */
export async function connect(machine: Machine): Promise<void> {
  await machine.sh(`
    ip link add uplink0 type veth peer name uplink1
    ip link set uplink1 up
    ip link set uplink0 up
    ip address add 192.0.2.10/24 dev uplink0
    ip address add ${UPSTREAM}/24 dev uplink0
    cat > /run/upstream.conf <<END
server:
  interface: ${UPSTREAM}@53
  access-control: 0.0.0.0/0 allow
  use-syslog: no
  logfile: ${LOG}
  log-queries: yes
  chroot: ""
  username: ""
  pidfile: ""
  directory: "/run"
  module-config: "iterator"
  do-ip6: no
  local-zone: "." static
  local-data: 'ordinary.example. 60 IN A ${ORDINARY}'
remote-control:
  control-enable: no
END
    systemd-run --quiet --unit=upstream unbound -d -c /run/upstream.conf
    until dig +short +tries=1 +time=1 @${UPSTREAM} ordinary.example A > /dev/null; do :; done
  `)
}

/** The names that the ordinary DNS server was asked for, each once. */
export async function askedUpstream(machine: Machine): Promise<string[]> {
  const log = await machine.sh(`cat ${LOG}`)
  const names = [...log.matchAll(/info: \S+ (\S+) [A-Z]+ IN$/gm)].map(([, name]) => name!.toLowerCase())
  return [...new Set(names)].sort()
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostPort } from '../../values/host-port.ts'
import { freePort } from './udp.ts'

/** Where things are on this machine. All addresses are of loopback. */
export interface Places {
  /** Of the service: several where every address of 127.0.0.0/8 is there. */
  readonly fleet: readonly string[]
  /** Where the service is too, which only its owner says. Undefined where there is but one address. */
  readonly standby: string | undefined
  /** 0 is any that is free. */
  readonly servicePort: number
  /** Where the resolver of a contestant listens. @param at counts contestants from 0. */
  dns(at: number): Promise<HostPort>
  /** The provider's DNS server. */
  authority(): Promise<HostPort>
}

const LOOPBACK = '127.0.0.1'

/** In a network of its own the drill has the ports that programs expect. */
export const ownPlaces: Places = {
  fleet: ['127.80.0.1', '127.80.0.2', '127.80.0.3'],
  standby: '127.80.0.9',
  servicePort: 80,
  dns: async at => Promise.resolve({ host: `127.53.0.${at + 1}`, port: 53 }),
  authority: async () => Promise.resolve({ host: '127.53.1.1', port: 53 }),
}

/** Beside everything else that runs on the machine, it takes ports that are free. */
export const sharedPlaces: Places = {
  fleet: [LOOPBACK],
  standby: undefined,
  servicePort: 0,
  dns: async () => ({ host: LOOPBACK, port: await freePort(LOOPBACK) }),
  authority: async () => ({ host: LOOPBACK, port: await freePort(LOOPBACK) }),
}

/**
 * What stands before a program that shall ask this resolver as its machine's only one: a resolv.conf of its own, and no way past
 * it by other sources of names.
 */
export async function asMachine(directory: string, resolver: HostPort): Promise<readonly string[]> {
  const files = {
    'resolv.conf': `nameserver ${resolver.host}\n`,
    'nsswitch.conf': 'hosts: files dns\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  const script = [
    'mount --bind "$0/resolv.conf" "$(readlink -f /etc/resolv.conf)"',
    '[ ! -e /etc/nsswitch.conf ] || mount --bind "$0/nsswitch.conf" "$(readlink -f /etc/nsswitch.conf)"',
    // A cache of names would answer before anybody is asked.
    '[ ! -d /run/nscd ] || mount -t tmpfs none /run/nscd',
    'exec "$@"',
  ]
  return ['unshare', '--mount', 'sh', '-ec', script.join('\n'), directory]
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Debian 12 has systemd 252; the one after Debian 13 has a systemd that reads dns-delegate files. */
export type Suite = 'bookworm' | 'forky'

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/machines')

const PACKAGES = [
  'bind9-dnsutils',
  'dbus',
  'dnsmasq',
  'iproute2',
  'libatomic1',
  'mount',
  'network-manager',
  'systemd-resolved',
  'systemd-sysv',
  'unbound',
]

/** Services that a test switches on where it is about them. */
const OPTIONAL_SERVICES = [
  'NetworkManager.service',
  'dnsmasq.service',
  'systemd-networkd.service',
  'unbound.service',
]

/**
 * The root of a small Debian system, made once with mmdebstrap from the packages that apt knows where to get. It is only
 * read from here on.
 */
export async function machineImage(suite: Suite): Promise<string> {
  const recipe = JSON.stringify([suite, PACKAGES, OPTIONAL_SERVICES])
  const image = join(CACHE, `${suite}-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`)
  if (existsSync(image)) return image
  const unfinished = `${image}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(CACHE, { recursive: true })
  await promisify(execFile)(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=apt',
      '--quiet',
      // The clock of a machine without network time may be far from the archive's.
      '--aptopt=Acquire::Check-Valid-Until "false"',
      `--include=${PACKAGES.join(',')}`,
      `--customize-hook=chroot "$1" systemctl disable ${OPTIONAL_SERVICES.join(' ')}`,
      suite,
      unfinished,
    ],
    { maxBuffer: 2 ** 24 },
  )
  await rename(unfinished, image)
  return image
}

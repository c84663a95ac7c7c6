import { printDuration } from '../../values/duration.ts'
import { type Check, fail, ok, warn } from './check.ts'
import type { Observations } from './observations.ts'

const DAY = 86_400_000
/** Days before a certificate expires that are enough to get another one. */
const CERTIFICATE_DAYS = 14
/** Octets: below the first the store cannot grow for long, below the second it cannot write. */
const FREE = { comfortable: 500 * 2 ** 20, necessary: 20 * 2 ** 20 } as const

export function checkCertificate({ daemon, now }: Observations): Check | undefined {
  const name = 'certificate'
  const expiresAt = daemon.kind === 'running' ? daemon.status.gateway?.stats.certificateExpiresAt : undefined
  if (expiresAt === undefined) return undefined
  const left = expiresAt - now
  const renew =
    'renew the files that certificate names in the configuration; they are read again by themselves'
  if (left <= 0)
    return fail(name, `the certificate for TLS and HTTPS expired ${printDuration(-left)} ago`, renew)
  const sentence = `the certificate for TLS and HTTPS is valid for another ${printDuration(left)}`
  return left < CERTIFICATE_DAYS * DAY ? warn(name, sentence, renew) : ok(name, sentence)
}

/** A wrong clock makes valid records look expired, or expired ones valid. */
export function checkClock({ clock, now, platform }: Observations): Check {
  const name = 'clock'
  const { synchronized, lastWritten, records, expired } = clock
  const mend =
    platform === 'linux'
      ? 'sudo timedatectl set-ntp true'
      : "let the system set the clock by the network's time"
  const shown = new Date(now).toISOString().slice(0, 16).replace('T', ' ')
  if (lastWritten !== undefined && lastWritten - now > DAY)
    return fail(
      name,
      `the clock shows ${shown} UTC, and this machine has written files ${printDuration(lastWritten - now)} later than that`,
      mend,
    )
  if (records > 0 && expired === records)
    return warn(
      name,
      `all records of the ${records === 1 ? 'zone' : `${records} zones`} that this node follows have expired by this clock (${shown} UTC): ` +
        'it is wrong, or their owners have stopped',
      mend,
    )
  return synchronized === false
    ? warn(
        name,
        `nothing sets the clock (${shown} UTC); records would seem expired where it goes wrong`,
        mend,
      )
    : ok(name, `the clock shows ${shown} UTC`)
}

export function checkDisk({ disk, dataDir }: Observations): Check {
  const name = 'disk'
  if (disk.kind === 'absent') return ok(name, `${dataDir} will be made when the daemon starts`)
  if (disk.kind === 'forbidden')
    return warn(name, `this user may not look into ${dataDir}`, 'sudo signpost doctor')
  const { freeOctets, mode } = disk
  if (mode !== undefined && (mode & 0o022) !== 0)
    return fail(name, `others than its owner may write to ${dataDir}`, `sudo chmod go-w ${dataDir}`)
  const free = `${Math.floor(freeOctets / 2 ** 20)} MiB are free for ${dataDir}`
  if (freeOctets < FREE.necessary)
    return fail(name, `only ${free}: nothing can be kept`, 'make room on that disk')
  return freeOctets < FREE.comfortable ? warn(name, `only ${free}`, 'make room on that disk') : ok(name, free)
}

import { readFile, stat } from 'node:fs/promises'
import { InvalidConfigError, NotThereYetError } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import { type Credentials, type Pem, readCredentials } from './credentials.ts'
import { expiryNotice } from './expiry.ts'

/** The certificate of a gateway. It changes when its files do. */
export interface Certificate {
  /** Hears of it at once, and of every later one that takes its place, until what is returned is called. */
  follow(listener: (pem: Pem) => void): () => void
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Looks at the files at once. Never rejects: files that are of no use are logged, and the old ones stay. */
  check(): Promise<void>
  /** Looks no more. */
  close(): void
}

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** Milliseconds between two looks at the files. */
  readonly interval: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly logger: Logger | undefined
  /** Puts new files in place where it is time; for certificates that are made here. */
  readonly renew?: () => Promise<void>
}

/** Milliseconds after which the same notice is given again. */
const DAY = 86_400_000

/**
 * Reads a certificate and looks at its files again and again, since what renews them tells nobody. A look takes two
 * calls of stat(2), which unlike notifications of the file system see through symbolic links and mounts.
 * @throws InvalidConfigError where there is no usable certificate at first.
 */
export async function openCertificate(
  files: CertificateFiles,
  options: CertificateOptions,
): Promise<Certificate> {
  const watched = new WatchedCertificate(files, options)
  await watched.open()
  return watched
}

class WatchedCertificate implements Certificate {
  private readonly files: CertificateFiles
  private readonly options: CertificateOptions
  private readonly listeners = new Set<(pem: Pem) => void>()
  private credentials: Credentials | undefined
  private seen = ''
  private notice: { readonly kind: string; readonly at: number } | undefined
  private timer: NodeJS.Timeout | undefined
  private checking: Promise<void> | undefined
  private closed = false

  constructor(files: CertificateFiles, options: CertificateOptions) {
    this.files = files
    this.options = options
  }

  follow(listener: (pem: Pem) => void): () => void {
    listener(this.current.pem)
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  get expiresAt(): number {
    return this.current.expiresAt
  }

  /** @throws InvalidConfigError; NotThereYetError where there is no such file. */
  async open(): Promise<void> {
    try {
      await this.options.renew?.()
      await this.load()
    } catch (cause) {
      const { cert, key } = this.files
      const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
      const Problem = isMissing ? NotThereYetError : InvalidConfigError
      throw new Problem('certificate', `${cert} with ${key}: ${messageOf(cause)}`, { cause })
    }
    this.giveNotice()
    this.wait()
  }

  async check(): Promise<void> {
    this.checking ??= this.look().finally(() => {
      this.checking = undefined
    })
    await this.checking
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private get current(): Credentials {
    if (this.credentials === undefined) throw new TypeError('the certificate was not opened')
    return this.credentials
  }

  private wait(): void {
    if (this.closed) return
    this.timer = setTimeout(() => {
      void this.checkAndWait()
    }, this.options.interval)
  }

  private async checkAndWait(): Promise<void> {
    await this.check()
    this.wait()
  }

  private async look(): Promise<void> {
    try {
      await this.options.renew?.()
      if ((await this.stamp()) !== this.seen) await this.load()
      this.giveNotice()
    } catch (error) {
      const { cert, key } = this.files
      this.options.logger?.warn('the new certificate is of no use, so the old one stays', {
        cert,
        key,
        problem: messageOf(error),
      })
    }
  }

  private async load(): Promise<void> {
    // First, so that what changes while it is read is read again.
    this.seen = await this.stamp()
    const [cert, key] = await Promise.all([readRegular(this.files.cert), readRegular(this.files.key)])
    this.credentials = readCredentials({ cert, key })
    for (const listener of this.listeners) listener(this.credentials.pem)
    this.notice = undefined
    this.options.logger?.info('a certificate is in use', {
      cert: this.files.cert,
      names: this.credentials.names,
      until: new Date(this.credentials.expiresAt).toISOString(),
    })
  }

  /** Changes whenever a file does. A file that is not there has a stamp too, so that its loss is logged once. */
  private async stamp(): Promise<string> {
    const stamps = [this.files.cert, this.files.key].map(async path => {
      try {
        const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
        return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
      } catch {
        return 'none'
      }
    })
    return (await Promise.all(stamps)).join()
  }

  private giveNotice(): void {
    const { now, logger } = this.options
    const notice = expiryNotice(this.current, now())
    const told = this.notice
    if (notice === undefined || (told?.kind === notice.kind && now() - told.at < DAY)) return
    this.notice = { kind: notice.kind, at: now() }
    const fields = { cert: this.files.cert, until: new Date(this.expiresAt).toISOString() }
    if (notice.kind === 'expires soon') logger?.warn(notice.text, fields)
    else logger?.error(notice.text, fields)
  }
}

// Reading a pipe would wait for whoever writes to it.
async function readRegular(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new Error(`${path} is no regular file`)
  return readFile(path, 'utf8')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@signpost/node'
import { limitsWith } from '../../limits.ts'
import { type Certificate, type CertificateFiles, openCertificate } from './certificate.ts'
import { keepSelfSigned, selfSignedFiles } from './self-signed-files.ts'

/** A certificate for this machine's loopback addresses, in a directory of its own. */
export interface TestCertificate extends AsyncDisposable {
  readonly directory: string
  readonly files: CertificateFiles
  /** Opens it as a gateway does. */
  open(logger?: Logger): Promise<Certificate>
}

export const OWN_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1']

export async function makeTestCertificate(): Promise<TestCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-certificate-'))
  await keepSelfSigned(directory, OWN_NAMES, Date.now())
  const files = selfSignedFiles(directory)
  const opened: Certificate[] = []
  return {
    directory,
    files,
    async open(logger) {
      const { certificateCheck: interval } = limitsWith()
      const certificate = await openCertificate(files, { interval, now: Date.now, logger })
      opened.push(certificate)
      return certificate
    },
    async [Symbol.asyncDispose]() {
      for (const certificate of opened) certificate.close()
      await rm(directory, { recursive: true })
    },
  }
}

/** Keeps what is logged. */
export class LogLines implements Logger {
  readonly lines: string[] = []
  private wake = Promise.withResolvers<void>()

  debug(): void {}

  info(text: string): void {
    this.add('info', text)
  }

  warn(text: string): void {
    this.add('warn', text)
  }

  error(text: string): void {
    this.add('error', text)
  }

  /** Resolves once a line has been logged that ends so. */
  async until(end: string): Promise<void> {
    while (!this.lines.some(line => line.endsWith(end))) await this.wake.promise
  }

  private add(level: string, text: string): void {
    this.lines.push(`${level} ${text}`)
    this.wake.resolve()
    this.wake = Promise.withResolvers()
  }
}

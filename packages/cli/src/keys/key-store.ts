import type { KeyObject } from 'node:crypto'
import { mkdir, open, readFile, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type ZoneId, zoneIdOf } from '@signpost/core'
import { InvalidKeyError, KeyExistsError, KeyNotFoundError, KeyPermissionsError } from './errors.ts'
import { writeWholeFile } from '../exclusive-file.ts'
import { checkKeyName, isKeyName } from './key-name.ts'
import { decryptText, encryptText } from './passphrase-file.ts'
import {
  printPrivateKey,
  printPublicKey,
  publicKeyOctets,
  readPrivateKey,
  readPublicKey,
} from './private-key.ts'

export interface KeyEntry {
  readonly name: string
  /** Undefined where the key is encrypted and its public half is not kept beside it. */
  readonly zoneId: ZoneId | undefined
  readonly encrypted: boolean
  readonly path: string
}

/** Asks for a passphrase; called only for an encrypted key. */
export type AskPassphrase = (keyName: string) => Promise<string>

/**
 * Zone keys as files in one directory of mode 0700: `NAME.pem` (PKCS#8 PEM, 0600), or `NAME.pem.age` where the key
 * has a passphrase (an age file whose content is that PEM), with `NAME.pub` beside it so that its zone ID is known
 * without the passphrase.
 */
export class KeyStore {
  readonly directory: string
  private readonly workFactor: number | undefined

  /** @param options.workFactor log2 of scrypt's N for new keys. */
  constructor(directory: string, options: { readonly workFactor?: number } = {}) {
    this.directory = directory
    this.workFactor = options.workFactor
  }

  /** All keys, by name. A key that cannot be read is listed without its zone ID. */
  async list(): Promise<KeyEntry[]> {
    const entries = await Promise.all(
      (await this.names()).map(name => this.find(name).catch(() => this.unreadable(name))),
    )
    return entries.filter(entry => entry !== undefined)
  }

  /** @throws KeyNotFoundError, InvalidKeyError */
  async entry(name: string): Promise<KeyEntry> {
    checkKeyName(name)
    const entry = await this.find(name)
    if (entry === undefined) throw new KeyNotFoundError(name, await this.names())
    return entry
  }

  /**
   * Stores a key under a name that no key has.
   * @throws KeyExistsError; nothing is changed then.
   */
  async create(name: string, key: KeyObject, passphrase?: string): Promise<KeyEntry> {
    checkKeyName(name)
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    if ((await this.find(name)) !== undefined) throw new KeyExistsError(name)
    const pem = printPrivateKey(key)
    const encrypted = passphrase !== undefined
    const content = encrypted ? await encryptText(pem, passphrase, this.workFactor) : pem
    try {
      // The public half first: a crash between the two leaves a file that no key needs, never a key without it.
      if (encrypted) await writeWholeFile(this.publicPath(name), printPublicKey(key), 'replace')
      await writeWholeFile(this.path(name, encrypted), content, 'fail')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw new KeyExistsError(name, { cause })
      throw cause
    }
    return { name, zoneId: zoneIdOf(publicKeyOctets(key)), encrypted, path: this.path(name, encrypted) }
  }

  /** @throws KeyNotFoundError, KeyPermissionsError, WrongPassphraseError, InvalidKeyError */
  async open(name: string, askPassphrase: AskPassphrase): Promise<KeyObject> {
    const { path, encrypted } = await this.entry(name)
    const content = await readPrivateFile(path)
    if (!encrypted) return readPrivateKey(content, path)
    const key = readPrivateKey(await decryptText(content, await askPassphrase(name), path), path)
    await this.restorePublicHalf(name, key)
    return key
  }

  /** @throws KeyNotFoundError */
  async delete(name: string): Promise<void> {
    const { path } = await this.entry(name)
    await unlink(path)
    await unlink(this.publicPath(name)).catch(ignoreMissing)
  }

  private async names(): Promise<string[]> {
    const files = await readdir(this.directory).catch(error => {
      ignoreMissing(error)
      return []
    })
    const names = files.map(file => /^(.*)\.pem(?:\.age)?$/.exec(file)?.[1] ?? '')
    return [...new Set(names)].filter(isKeyName).toSorted()
  }

  // What is wrong with it is said when somebody opens it.
  private unreadable(name: string): KeyEntry {
    return { name, zoneId: undefined, encrypted: false, path: this.path(name, false) }
  }

  private async find(name: string): Promise<KeyEntry | undefined> {
    const [clear, encrypted, publicHalf] = await Promise.all([
      readIfThere(this.path(name, false)),
      readIfThere(this.path(name, true)),
      readIfThere(this.publicPath(name)),
    ])
    if (clear !== undefined && encrypted !== undefined)
      throw new InvalidKeyError(
        `${this.path(name, false)} and ${this.path(name, true)} are both there; move away the one that is not meant`,
      )
    if (clear !== undefined)
      return { name, zoneId: zoneIdOfPem(clear), encrypted: false, path: this.path(name, false) }
    if (encrypted === undefined) return undefined
    const publicKey = publicHalf === undefined ? undefined : readPublicKey(publicHalf)
    const zoneId = publicKey === undefined ? undefined : zoneIdOf(publicKey)
    return { name, zoneId, encrypted: true, path: this.path(name, true) }
  }

  // After a user copied only the age file, or another key's public half lies beside it.
  private async restorePublicHalf(name: string, key: KeyObject): Promise<void> {
    const pem = printPublicKey(key)
    if ((await readIfThere(this.publicPath(name))) === pem) return
    await writeWholeFile(this.publicPath(name), pem, 'replace')
  }

  private path(name: string, encrypted: boolean): string {
    return join(this.directory, encrypted ? `${name}.pem.age` : `${name}.pem`)
  }

  private publicPath(name: string): string {
    return join(this.directory, `${name}.pub`)
  }
}

// Looks at the open file, so that what is checked is what is read.
async function readPrivateFile(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { mode } = await file.stat()
    // Windows has no such bits; its files inherit the rights of the user's directory.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new KeyPermissionsError(path, mode)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function zoneIdOfPem(pem: string): ZoneId | undefined {
  try {
    return zoneIdOf(publicKeyOctets(readPrivateKey(pem, '')))
  } catch {
    return undefined
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    ignoreMissing(error)
    return undefined
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

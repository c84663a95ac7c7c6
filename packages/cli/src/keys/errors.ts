import { SignpostError } from '@signpost/dns'

/** No key has that name. */
export class KeyNotFoundError extends SignpostError {
  readonly code = 'KEY_NOT_FOUND'
  readonly keyName: string
  /** The names that there are. */
  readonly known: readonly string[]

  constructor(keyName: string, known: readonly string[]) {
    super(
      known.length === 0
        ? `there is no key "${keyName}", and none at all yet; make it with: signpost key new ${keyName}`
        : `there is no key "${keyName}"; the keys are: ${known.join(', ')}`,
    )
    this.keyName = keyName
    this.known = known
  }
}

/** A key of that name is there already, and is never overwritten. */
export class KeyExistsError extends SignpostError {
  readonly code = 'KEY_EXISTS'
  readonly keyName: string

  constructor(keyName: string, options?: ErrorOptions) {
    super(`there is a key "${keyName}" already; choose another name (keys are never overwritten)`, options)
    this.keyName = keyName
  }
}

/** Text or octets that hold no Ed25519 private key that can be read here. */
export class InvalidKeyError extends SignpostError {
  readonly code = 'INVALID_KEY'
}

/** Others than the owner may read the key's file, as ssh refuses it too. */
export class KeyPermissionsError extends SignpostError {
  readonly code = 'KEY_PERMISSIONS'
  readonly path: string

  constructor(path: string, mode: number) {
    super(
      `others can read the key in ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); close it with: chmod 600 ${path}`,
    )
    this.path = path
  }
}

/** The passphrase does not open the key. Nothing was changed. */
export class WrongPassphraseError extends SignpostError {
  readonly code = 'WRONG_PASSPHRASE'
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(`the passphrase does not open ${path}; try again`, options)
    this.path = path
  }
}

/** The key is encrypted, and there is neither a terminal to ask on nor another source of the passphrase. */
export class PassphraseNeededError extends SignpostError {
  readonly code = 'PASSPHRASE_NEEDED'
}

/** What was typed the second time is not what was typed the first time. */
export class PassphraseMismatchError extends SignpostError {
  readonly code = 'PASSPHRASE_MISMATCH'

  constructor() {
    super('the two passphrases differ; no key was made')
  }
}

import { InvalidKeyError, WrongPassphraseError } from './errors.ts'

/** log2 of scrypt's N: default 18 as in age (about a second), at most 20 when reading. */
export const SCRYPT_WORK_FACTOR = { default: 18, min: 1, max: 20 } as const

/** An armored age file that `age -d` opens with the passphrase. */
export async function encryptText(
  text: string,
  passphrase: string,
  workFactor: number = SCRYPT_WORK_FACTOR.default,
): Promise<string> {
  // Loaded only where a key has a passphrase: few commands meet one.
  const { Encrypter, armor } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(workFactor)
  encrypter.setPassphrase(passphrase)
  return armor.encode(await encrypter.encrypt(text))
}

/**
 * @param path names the file in errors.
 * @throws WrongPassphraseError, InvalidKeyError where the file is damaged or no age file at all.
 */
export async function decryptText(armored: string, passphrase: string, path: string): Promise<string> {
  const { Decrypter, armor } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  try {
    return await decrypter.decrypt(armor.decode(armored), 'text')
  } catch (cause) {
    // age has one failure for "no passphrase fits"; every other one is about the file.
    if (cause instanceof Error && cause.message.startsWith('no identity matched'))
      throw new WrongPassphraseError(path, { cause })
    throw new InvalidKeyError(`${path} is damaged: ${(cause as Error).message}; restore it from a backup`, {
      cause,
    })
  }
}

import { InvalidConfigError, InvalidNameError, type Name, parseName } from '@signpost/dns'

/** Reads the name of a domain from an option. @throws InvalidConfigError */
export function parseDomain(text: string, option: string): Name {
  try {
    return parseName(text)
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error
    throw new InvalidConfigError(option, `it is no domain name: ${error.message}`, { cause: error })
  }
}

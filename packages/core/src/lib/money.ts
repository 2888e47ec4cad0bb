/** Nano-euro in a euro: money is counted in integers of 10^-9 EUR (xwms-api.md). */
export const NANO_EURO = 1_000_000_000

/**
 * Writes an amount of nano-euro as euro, exactly and without floating point: at least two decimals, and as many more as
 * the amount has. `10_000n` is `EUR 0.00001`.
 */
export function formatEuro(nanoEuro: bigint): string {
  return `EUR ${formatDecimal(nanoEuro)}`
}

/** The same without the currency. */
export function formatDecimal(nanoEuro: bigint): string {
  const size = nanoEuro < 0n ? -nanoEuro : nanoEuro
  const decimals = String(size % BigInt(NANO_EURO))
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')
  return `${nanoEuro < 0n ? '-' : ''}${size / BigInt(NANO_EURO)}.${decimals}`
}

const NANO_EURO_IN_A_CENT = 10_000_000n

/** An amount of nano-euro, which is not negative, in whole cents: rounded half up. */
export function centsOf(nanoEuro: bigint): bigint {
  return (nanoEuro + NANO_EURO_IN_A_CENT / 2n) / NANO_EURO_IN_A_CENT
}

/** Writes cents as euro: `2900n` is `EUR 29.00`. */
export function formatCents(cents: bigint): string {
  return formatEuro(cents * NANO_EURO_IN_A_CENT)
}

import pg from 'pg'
import { init } from 'pg-types/lib/textParsers.js'

type Parse = (text: string) => unknown

const parsers = new Map<number, Parse>()
init((type, parse) => parsers.set(type, parse))

const asText: Parse = text => text

/**
 * How what PostgreSQL answers becomes values: as pg does by itself. Applications change what pg does, for all of their process
 * (`pg.types.setTypeParser`): timestamps as text, for instance. What is read here must not change with it.
 */
export const RESULT_TYPES: pg.CustomTypesConfig = {
  getTypeParser(type: number, format?: string) {
    if (format === 'binary') return pg.types.getTypeParser(type, 'binary')
    return parsers.get(type) ?? asText
  },
}

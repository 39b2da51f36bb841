/**
 * The interface of the server. "npm run generate" writes this file from
 * docs/openapi.json; until that exists, nothing can be asked.
 */
export interface paths {}
export interface components {
  schemas: Record<string, never>
}

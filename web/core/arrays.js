// Arrays on their way into the core's memory and back.

/**
 * @typedef {Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array} Numbers
 * @typedef {typeof Int8Array | typeof Uint8Array | typeof Int32Array | typeof Float32Array
 *   | typeof Float64Array | typeof BigInt64Array} Kind
 */

const ALIGNMENT = 16;

/**
 * The room of one call: what goes in, what comes out, one block of the core's memory.
 */
export class Room {
  /** @param {WebAssembly.Exports & Record<string, any>} exports */
  constructor(exports) {
    this.exports = exports;
    /** @type {{ kind: Kind, length: number, given: Numbers | null, offset: number }[]} */
    this.parts = [];
    this.size = 0;
    this.block = 0;
  }

  /**
   * @param {Kind} kind
   * @param {number} length
   * @param {Numbers | null} given copied in, or null for room for results
   * @returns {number} the part's number
   */
  add(kind, length, given = null) {
    this.parts.push({ kind, length, given, offset: this.size });
    const bytes = length * kind.BYTES_PER_ELEMENT;
    this.size += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return this.parts.length - 1;
  }

  /** Takes the block and copies what is given into it. */
  open() {
    this.block = this.exports.forge_allocate(Math.max(this.size, ALIGNMENT));
    if (this.block === 0) throw new RangeError(`no memory for ${this.size} bytes`);
    for (let i = 0; i < this.parts.length; ++i) {
      const given = this.parts[i].given;
      // The view is made late: memory may have grown.
      if (given !== null) this.view(i).set(/** @type {any} */ (given));
    }
  }

  /** @param {number} i */
  at(i) {
    return this.block + this.parts[i].offset;
  }

  /**
   * @param {number} i
   * @returns {any}
   */
  view(i) {
    const { kind, length } = this.parts[i];
    return new kind(this.exports.memory.buffer, this.at(i), length);
  }

  /**
   * A copy of a part.
   * @param {number} i
   * @returns {any}
   */
  taken(i) {
    return this.view(i).slice();
  }

  close() {
    if (this.block !== 0) this.exports.forge_release(this.block);
    this.block = 0;
  }
}

/** Decorators on methods: what must compile, and what must not. Under standard decorators. */

import { acache, mcache, ucache } from "twat-cache";

export class Right {
  @mcache
  bare(n: number): number {
    return n;
  }

  @mcache()
  generic<T extends object>(it: T): T {
    return it;
  }

  @ucache({ ttl: "5m", maxSize: 10 })
  async find<T>(id: T): Promise<T> {
    return id;
  }

  @acache()
  async load(id: string): Promise<string> {
    return id;
  }

  @mcache({ scope: "shared", thisKey: () => 1 })
  static make(this: typeof Right, n: number): Right {
    return n > 0 ? new Right() : new Right();
  }

  @mcache
  get total(): number {
    return 1;
  }

  @acache()
  get later(): Promise<number> {
    return Promise.resolve(1);
  }

  @mcache()
  #hidden(n: number): number {
    return n;
  }

  use(): number {
    return this.#hidden(1);
  }
}

export class Wrong {
  // @ts-expect-error acache makes promises, and this method's type does not say so
  @acache()
  sync(n: number): number {
    return n;
  }

  // @ts-expect-error a field is no method
  @mcache()
  field = 1;

  // @ts-expect-error nor is an accessor
  @mcache()
  accessor auto = 1;

  // @ts-expect-error no such option
  @mcache({ maxsize: 1 })
  method(): number {
    return 1;
  }
}

// @ts-expect-error nor a class
@mcache()
export class Whole {}

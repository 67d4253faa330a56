import { useSyncExternalStore } from "react";

// A value that components watch and anybody may set.
export class Store<T> {
  private readonly watchers = new Set<() => void>();
  constructor(private value: T) {}
  get = () => this.value;
  set(value: T) {
    this.value = value;
    for (const watcher of this.watchers) watcher();
  }
  watch = (watcher: () => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}

export const useStore = <T,>(store: Store<T>): T => useSyncExternalStore(store.watch, store.get);

// A filter that is part of the address, and a button to read the data again.

import type { JSX } from "preact";
import { go } from "../location";
import { useShown } from "../shown";

interface Properties {
  filter: string;
  addressOf: (filter: string) => string;
  reload: () => void;
}

export function FilterForm({ filter, addressOf, reload }: Properties): JSX.Element {
  const shown = useShown();
  return (
    <form class="inline" onSubmit={(event) => {
      event.preventDefault();
      go(addressOf(String(new FormData(event.currentTarget).get("filter") ?? "").trim()));
    }}>
      <label>Filter{" "}
        <input key={`${filter}${String(shown.isAnonymous)}`} type="search" name="filter" dir="auto"
          {...(shown.isAnonymous ? { placeholder: shown.name("text", filter), defaultValue: "" } : { defaultValue: filter })} />
      </label>
      <button type="submit">Filter</button>
      <button type="button" onClick={reload}>Refresh</button>
    </form>
  );
}

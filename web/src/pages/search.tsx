import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type Instance, keyText } from "../api";
import { Failure, Waiting } from "../components/failure";
import { InstanceCard } from "../components/instance-card";
import { Heading } from "../components/layout";
import { anonymousNaming, countText, namingOf } from "../display";
import { type Concerns, useLoaded } from "../loading";
import { go } from "../location";
import { compareNames, problemOf } from "../model";
import { clusterAddress, searchAddress } from "../navigation";
import { useValue } from "../observable";
import { anonymized } from "../preferences";
import { maintenance, settings } from "../shared";

const mostShown = 300;
const concerns: Concerns = (news) => news.kind === "everything" || news.kind === "instances";

export function SearchPage({ text }: { text: string }): JSX.Element {
  const path = text === "" ? undefined : `search?s=${encodeURIComponent(text)}`;
  const { value: found, error, reload } = useLoaded<Instance[]>(path, concerns);
  const held = useValue(maintenance);
  const isAnonymous = useValue(anonymized);
  const { ReasonableReplicationLagSeconds: lagLimit, RemoveTextFromHostnameDisplay: removed } = useValue(settings);
  const sorted = useMemo(
    () => [...(found ?? [])].sort((a, b) => compareNames(keyText(a.Key), keyText(b.Key))),
    [found],
  );
  const naming = useMemo(() => {
    const names = sorted.map((one) => keyText(one.Key));
    return isAnonymous ? anonymousNaming(names) : namingOf(names, removed);
  }, [sorted, removed, isAnonymous]);

  return (
    <>
      <Heading text="Search" title={text === "" ? "Search" : `Search: ${text}`} />
      <form class="inline" onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get("text");
        if (typeof given === "string" && given.trim() !== "") go(searchAddress(given.trim()));
      }}>
        <label>Part of a name, cluster or version{" "}
          <input key={text} type="search" name="text" required defaultValue={text} />
        </label>
        <button type="submit" class="primary">Search</button>
      </form>
      {error !== "" && <Failure what="The search failed." error={error} retry={reload} />}
      {path !== undefined && !found && error === "" && <Waiting what="Searching…" />}
      {found && (
        <p role="status" data-found={found.length}>
          {found.length === 0 ? <>No instance has “{text}” in its name, cluster or version.</> : countText(found.length, "instance")}
        </p>
      )}
      <ul class="card-list">
        {sorted.slice(0, mostShown).map((instance) => {
          const name = keyText(instance.Key);
          return (
            <li key={name}>
              <InstanceCard instance={instance} title={naming(name)} lagLimit={lagLimit} held={held.get(name)}
                isAnonymous={isAnonymous} problem={problemOf(instance, lagLimit, held.has(name))}>
                <a class="card-cluster" href={clusterAddress(instance.ClusterName)}>
                  {isAnonymous ? "its cluster" : instance.ClusterName}
                </a>
              </InstanceCard>
            </li>
          );
        })}
      </ul>
      {sorted.length > mostShown && <p>And {sorted.length - mostShown} more: search for more of a name.</p>}
    </>
  );
}

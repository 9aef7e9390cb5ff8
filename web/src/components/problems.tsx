// The drop-down list of problems, on every page; on the page of a cluster, the problems of that cluster only.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { keyText } from "../api";
import { anonymousNaming, namingOf } from "../display";
import { openInstance } from "../dialogs";
import { countProblems, problemText, troubled } from "../model";
import { Observable, useValue } from "../observable";
import { anonymized } from "../preferences";
import { clusterInView, maintenance, problemInstances, settings } from "../shared";
import { ProblemBadge } from "./badges";
import { InstanceCard } from "./instance-card";
import { Menu } from "./menu";

// More boxes make the page slow.
const mostShown = 60;
const wideEnough = 1100;
const areWanted = new Observable(true);

export function ProblemsMenu(): JSX.Element | null {
  const inView = useValue(clusterInView);
  const everywhere = useValue(problemInstances);
  const held = useValue(maintenance);
  const { ReasonableReplicationLagSeconds: lagLimit, RemoveTextFromHostnameDisplay: removed } = useValue(settings);
  const anonymous = useValue(anonymized);
  const [isOpen, setOpen] = useState(false);

  const instances = inView?.instances ?? everywhere;
  const found = useMemo(() => troubled(instances, lagLimit, held), [instances, lagLimit, held]);
  const counts = useMemo(() => countProblems(instances, lagLimit, held), [instances, lagLimit, held]);
  const naming = useMemo(() => {
    const names = instances.map((one) => keyText(one.Key));
    return anonymous ? anonymousNaming(names) : namingOf(names, removed);
  }, [instances, removed, anonymous]);

  // A cluster's page opens the list if there is room beside the tree, unless the user has closed it.
  const cluster = inView?.name;
  const hasProblems = found.length > 0;
  const isBeside = cluster !== undefined && innerWidth >= wideEnough;
  useEffect(() => {
    setOpen(isBeside && hasProblems && areWanted.value);
  }, [cluster, isBeside, hasProblems]);

  if (!hasProblems) return null;
  const label = cluster === undefined ? "Problems" : "Cluster problems";
  return (
    <Menu
      label={<>{label} <span class="count" data-problem-count={found.length}>{found.length}</span></>}
      hook="problems"
      className={isBeside ? "problems-menu beside" : "problems-menu"}
      opensToLeft
      isOpen={isOpen}
      staysOpen={isBeside}
      onToggle={(open) => {
        if (isBeside) areWanted.set(open);
        setOpen(open);
      }}
    >
      <p class="problem-counts">
        {counts.map(([problem, count]) => <ProblemBadge key={problem} problem={problem} count={count} />)}
      </p>
      <ul class="problem-list" aria-label={label}>
        {found.slice(0, mostShown).map(({ instance, problem }) => (
          <li key={keyText(instance.Key)}>
            <InstanceCard
              instance={instance}
              title={naming(keyText(instance.Key))}
              lagLimit={lagLimit}
              held={held.get(keyText(instance.Key))}
              isAnonymous={anonymous}
              problem={problem}
              isProblemSaid
            >
              <button type="button" class="plain problem-line" onClick={() => openInstance(instance)}>
                Problem: {problemText[problem]}
              </button>
            </InstanceCard>
          </li>
        ))}
      </ul>
      {found.length > mostShown && <p>And {found.length - mostShown} more.</p>}
    </Menu>
  );
}

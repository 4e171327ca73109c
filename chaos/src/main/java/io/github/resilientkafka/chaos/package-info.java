/**
 * Puts every promise on trial: applications under load, faults from a seed, and a checker that compares what was promised
 * with what is there. {@link io.github.resilientkafka.chaos.Chaos} runs it, in three steps that can be read one by one:
 *
 * <ol>
 *   <li>The trial: {@link io.github.resilientkafka.chaos.World} is a broker, a database and some
 *       {@link io.github.resilientkafka.chaos.ChaosApplication}s, each in a process of its own. They publish numbered
 *       events, listen to them, and write both down in a {@link io.github.resilientkafka.chaos.Journal} that outlives
 *       them. Meanwhile a {@link io.github.resilientkafka.chaos.FaultPlan} is carried out.
 *   <li>The {@link io.github.resilientkafka.chaos.Evidence}: journals, topics, tables, committed offsets.
 *   <li>The {@link io.github.resilientkafka.chaos.Verdict}: pure arithmetic over the evidence, tested by itself.
 * </ol>
 */
@NullMarked
package io.github.resilientkafka.chaos;

import org.jspecify.annotations.NullMarked;

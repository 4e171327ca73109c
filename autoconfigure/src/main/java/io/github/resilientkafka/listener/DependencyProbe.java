package io.github.resilientkafka.listener;

/**
 * Tells whether something that handlers need is there. A bean of this type is found by its name: it answers for the
 * dependency of that name in {@code resilient-kafka.listener.dependencies}, or in a {@link DependencyDownException}. Asked
 * about every second on a thread of its own; may block, but an answer that takes longer than 10 seconds counts as down.
 */
@FunctionalInterface
public interface DependencyProbe {

    /**
     * Asks.
     * @return whether the dependency is there; an exception counts as no
     */
    boolean isUp();
}

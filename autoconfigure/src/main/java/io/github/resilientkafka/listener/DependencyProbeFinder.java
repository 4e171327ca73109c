package io.github.resilientkafka.listener;

import org.jspecify.annotations.Nullable;

/**
 * Finds who can tell of a dependency. Internal.
 */
@FunctionalInterface
public interface DependencyProbeFinder {

    /**
     * Finds a probe.
     * @param dependency the dependency's name
     * @return its probe, or null if this finder knows none
     */
    @Nullable
    DependencyProbe find(String dependency);
}

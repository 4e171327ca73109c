package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.DependencyProbe;
import io.github.resilientkafka.listener.DependencyProbeFinder;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;

/**
 * Health contributors, asked for dependencies of their names; independent of the Spring Boot generation. A dependency is
 * down while a status of it is DOWN or OUT_OF_SERVICE: one that is only degraded still works, and waiting for it could
 * take for ever.
 *
 * @param <C> what a generation calls a health contributor
 */
final class HealthProbes<C> implements DependencyProbeFinder {

    private static final Set<String> DOWN = Set.of("DOWN", "OUT_OF_SERVICE");

    private final Function<String, @Nullable C> registry;

    private final BeanFactory beans;

    private final Class<C> type;

    private final Function<C, Stream<String>> statuses;

    /**
     * Creates a finder.
     * @param registry those that the health endpoint shows, by the names it shows them under
     * @param beans where they are looked for otherwise: there is no registry without an endpoint
     * @param type their type
     * @param statuses asks one, or all that it consists of
     */
    HealthProbes(
            Function<String, @Nullable C> registry,
            BeanFactory beans,
            Class<C> type,
            Function<C, Stream<String>> statuses) {
        this.registry = registry;
        this.beans = beans;
        this.type = type;
        this.statuses = statuses;
    }

    @Override
    public @Nullable DependencyProbe find(String dependency) {
        C registered = this.registry.apply(dependency);
        C contributor = (registered != null) ? registered : bean(dependency);
        return (contributor == null)
                ? null
                : () -> this.statuses.apply(contributor).noneMatch(DOWN::contains);
    }

    private @Nullable C bean(String dependency) {
        return Stream.of(dependency + "HealthIndicator", dependency + "HealthContributor", dependency)
                .filter(name -> this.beans.containsBean(name) && this.beans.isTypeMatch(name, this.type))
                .findFirst()
                .map(name -> this.beans.getBean(name, this.type))
                .orElse(null);
    }
}

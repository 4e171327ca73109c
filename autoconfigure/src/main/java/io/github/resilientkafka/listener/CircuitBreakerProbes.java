package io.github.resilientkafka.listener;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Circuit breakers of the application's: a dependency of a breaker's name is down while the breaker is open.
 */
final class CircuitBreakerProbes implements DependencyProbeFinder {

    private final Supplier<@Nullable CircuitBreakerRegistry> registry;

    CircuitBreakerProbes(Supplier<@Nullable CircuitBreakerRegistry> registry) {
        this.registry = registry;
    }

    @Override
    public @Nullable DependencyProbe find(String dependency) {
        CircuitBreakerRegistry breakers = this.registry.get();
        return (breakers == null)
                ? null
                : breakers.find(dependency)
                        .map(breaker -> (DependencyProbe) () -> isUp(breaker))
                        .orElse(null);
    }

    /**
     * A breaker leaves the open state only when somebody asks it for a permit after its wait: with all handlers held, that
     * has to be us.
     */
    private static boolean isUp(CircuitBreaker breaker) {
        if (breaker.getState() != State.OPEN) {
            return breaker.getState() != State.FORCED_OPEN;
        }
        if (breaker.tryAcquirePermission()) {
            breaker.releasePermission();
            return true;
        }
        return false;
    }
}

package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.common.circuitbreaker.configuration.CommonCircuitBreakerConfigurationProperties.InstanceProperties;
import io.github.resilience4j.spring6.circuitbreaker.configure.CircuitBreakerConfigurationProperties;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Fills in what the application left unset in {@code resilience4j.circuitbreaker.instances.kafka-publisher}, after the
 * configurations that Resilience4j applies below it, which are the application's word too.
 */
final class CircuitDefaults implements BeanPostProcessor {

    private static final int WINDOW = 50;

    private static final int MINIMUM_CALLS = 10;

    private static final float PERCENT = 50;

    private static final Duration SLOW_CALL = Duration.ofSeconds(2);

    private static final int TRIALS = 3;

    private static final Duration MAX_HALF_OPEN = Duration.ofSeconds(10);

    private static final Duration MAX_OPEN = Duration.ofMinutes(5);

    /**
     * Returns the defaults, for an application without Resilience4j's own configuration.
     */
    static CircuitBreakerConfig config() {
        return CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(MINIMUM_CALLS)
                .failureRateThreshold(PERCENT)
                .slowCallRateThreshold(PERCENT)
                .slowCallDurationThreshold(SLOW_CALL)
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .maxWaitDurationInHalfOpenState(MAX_HALF_OPEN)
                .waitDurationInOpenState(MAX_OPEN)
                .build();
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof CircuitBreakerConfigurationProperties properties) {
            fill(properties.getInstances(), properties.getConfigs());
        }
        return bean;
    }

    private static void fill(Map<String, InstanceProperties> instances, Map<String, InstanceProperties> configs) {
        InstanceProperties own = instances.computeIfAbsent(PublisherCircuit.NAME, name -> new InstanceProperties());
        Defaults defaults = new Defaults(own, inEffectBelow(own, configs));
        defaults.set(
                InstanceProperties::getSlidingWindowType,
                InstanceProperties::setSlidingWindowType,
                SlidingWindowType.COUNT_BASED);
        defaults.set(InstanceProperties::getSlidingWindowSize, InstanceProperties::setSlidingWindowSize, WINDOW);
        defaults.set(
                InstanceProperties::getMinimumNumberOfCalls,
                InstanceProperties::setMinimumNumberOfCalls,
                MINIMUM_CALLS);
        defaults.set(InstanceProperties::getFailureRateThreshold, InstanceProperties::setFailureRateThreshold, PERCENT);
        defaults.set(
                InstanceProperties::getSlowCallRateThreshold, InstanceProperties::setSlowCallRateThreshold, PERCENT);
        defaults.set(
                InstanceProperties::getSlowCallDurationThreshold,
                InstanceProperties::setSlowCallDurationThreshold,
                SLOW_CALL);
        defaults.set(
                InstanceProperties::getPermittedNumberOfCallsInHalfOpenState,
                InstanceProperties::setPermittedNumberOfCallsInHalfOpenState,
                TRIALS);
        defaults.set(
                InstanceProperties::getMaxWaitDurationInHalfOpenState,
                InstanceProperties::setMaxWaitDurationInHalfOpenState,
                MAX_HALF_OPEN);
        defaults.set(
                InstanceProperties::getWaitDurationInOpenState,
                InstanceProperties::setWaitDurationInOpenState,
                MAX_OPEN);
    }

    /**
     * Returns the configurations that Resilience4j applies below an instance's own: the base that it names, and that
     * one's base, else the one of its own name, else the default one.
     */
    private static List<InstanceProperties> inEffectBelow(
            InstanceProperties own, Map<String, InstanceProperties> configs) {
        if (own.getBaseConfig() == null) {
            InstanceProperties named = configs.getOrDefault(PublisherCircuit.NAME, configs.get("default"));
            return (named == null) ? List.of() : List.of(named);
        }
        Set<InstanceProperties> bases = new LinkedHashSet<>();
        InstanceProperties base = configs.get(own.getBaseConfig());
        while (base != null && bases.add(base)) {
            base = (base.getBaseConfig() == null) ? null : configs.get(base.getBaseConfig());
        }
        return List.copyOf(bases);
    }

    /**
     * Fills what is unset.
     */
    private record Defaults(InstanceProperties own, List<InstanceProperties> below) {

        <T> void set(
                Function<InstanceProperties, @Nullable T> getter, BiConsumer<InstanceProperties, T> setter, T value) {
            if (getter.apply(this.own) == null
                    && this.below.stream().allMatch(properties -> getter.apply(properties) == null)) {
                setter.accept(this.own, value);
            }
        }
    }
}

package io.github.resilientkafka.connection;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.analyzer.AbstractInjectionFailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * Says what is the matter when a bean of ours is missing since everything of ours is switched off. Comes before Spring
 * Boot's analyzer, which would show the condition but not what to do about it.
 */
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class DisabledFailureAnalyzer extends AbstractInjectionFailureAnalyzer<NoSuchBeanDefinitionException> {

    private static final String ENABLED = "resilient-kafka.enabled";

    private static final String OURS = "io.github.resilientkafka.";

    private final Environment environment;

    DisabledFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(
            Throwable rootFailure, NoSuchBeanDefinitionException cause, @Nullable String description) {
        ResolvableType type = cause.getResolvableType();
        if (type == null
                || !type.toClass().getName().startsWith(OURS)
                || this.environment.getProperty(ENABLED, Boolean.class, true)) {
            return null;
        }
        String name = type.toClass().getSimpleName();
        return new FailureAnalysis(
                (description != null ? description : "The application") + " needs a bean of type " + name
                        + ", but Resilient Kafka is switched off: " + ENABLED + " is false.",
                "Set " + ENABLED + "=true or remove it; or inject ObjectProvider<" + name
                        + "> and do without it while it is off; or declare a bean of that type yourself.",
                cause);
    }
}

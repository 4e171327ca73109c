package io.github.resilientkafka.connection;

import io.github.resilientkafka.message.ConfigurationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Shows a {@link ConfigurationException}, wherever it hides among the causes, as what is wrong and what to change. Comes
 * before Spring Boot's analyzers, of which the one for binding errors would show less.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class ConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<ConfigurationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ConfigurationException cause) {
        return new FailureAnalysis("Resilient Kafka cannot start. " + cause.getMessage(), cause.cure(), rootFailure);
    }
}

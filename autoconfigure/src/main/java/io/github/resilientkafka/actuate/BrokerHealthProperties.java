package io.github.resilientkafka.actuate;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The optional health check of the brokers themselves.
 *
 * @param enabled Whether health asks the brokers, as component kafkaBroker. It is DOWN while they do not answer.
 */
@ConfigurationProperties("resilient-kafka.health.broker")
record BrokerHealthProperties(@DefaultValue("false") boolean enabled) {}

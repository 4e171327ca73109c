package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.ResolvableType;
import org.springframework.kafka.core.ProducerFactory;

/**
 * The application's producer factory whose settings and serializers we use: the one that a property names, else the only
 * one, else the primary one. Nothing is ever produced by it.
 *
 * @param factory the application's bean
 */
record ApplicationProducerFactory(ProducerFactory<?, ?> factory) {

    private static final String PROPERTY = "resilient-kafka.publisher.producer-factory";

    static ApplicationProducerFactory choose(@Nullable String name, ListableBeanFactory beans) {
        return new ApplicationProducerFactory((name == null) ? onlyOrPrimary(beans) : named(name, beans));
    }

    Map<String, Object> settings() {
        return this.factory.getConfigurationProperties();
    }

    ApplicationSerializers serializers() {
        return ApplicationSerializers.of(this.factory);
    }

    private static ProducerFactory<?, ?> named(String name, ListableBeanFactory beans) {
        if (!names(beans).contains(name)) {
            throw new ConfigurationException(
                    PROPERTY,
                    "there is no ProducerFactory bean named '" + name + "', only " + names(beans),
                    "Set " + PROPERTY
                            + " to the name of one of them, or remove it to use the only or the primary one.");
        }
        return beans.getBean(name, ProducerFactory.class);
    }

    private static ProducerFactory<?, ?> onlyOrPrimary(ListableBeanFactory beans) {
        ObjectProvider<ProducerFactory<?, ?>> factories =
                beans.getBeanProvider(ResolvableType.forClass(ProducerFactory.class));
        ProducerFactory<?, ?> factory = factories.getIfUnique();
        if (factory != null) {
            return factory;
        }
        if (names(beans).isEmpty()) {
            throw new ConfigurationException(
                    "ProducerFactory",
                    "there is no bean of this type to take the producer's settings from",
                    "Let Spring Boot configure Kafka (spring.kafka.bootstrap-servers), or declare a ProducerFactory bean.");
        }
        throw new ConfigurationException(
                "ProducerFactory",
                "there are several beans of this type, " + names(beans) + ", and none is @Primary",
                "Set " + PROPERTY + " to the name of the one whose settings the event publisher shall use, or annotate"
                        + " that one with @Primary.");
    }

    private static List<String> names(ListableBeanFactory beans) {
        return List.of(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, ProducerFactory.class));
    }
}

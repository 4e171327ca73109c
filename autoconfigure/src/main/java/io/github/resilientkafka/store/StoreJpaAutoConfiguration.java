package io.github.resilientkafka.store;

import jakarta.persistence.EntityManagerFactory;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.data.jpa.repository.support.JpaRepositoryFactory;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.util.Assert;

/**
 * Auto-configuration of our tables as the application's JPA sees them: not to be touched by any persistence unit, to be
 * looked at where one is on the store's database.
 */
@AutoConfiguration(
        after = StoreAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
            "org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
            "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnClass({LocalContainerEntityManagerFactoryBean.class, SessionFactoryImplementor.class})
@ConditionalOnBean(StoreDataSource.class)
final class StoreJpaAutoConfiguration {

    @Bean
    static EventTablesGuard resilientKafkaEventTablesGuard(ObjectProvider<StoreScope> scope) {
        return new EventTablesGuard(scope::getObject);
    }

    /**
     * The entity and its repository.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JpaRepositoryFactory.class)
    @ConditionalOnSingleCandidate(EntityManagerFactory.class)
    @Conditional(StoreOnMainDataSourceCondition.class)
    @ImportRuntimeHints(FailedKafkaEventRuntimeHints.class)
    static class EntityConfiguration {

        @Bean
        @ConditionalOnSingleCandidate(PersistenceManagedTypes.class)
        static EventEntityContributor resilientKafkaEventEntityContributor(ConfigurableListableBeanFactory beans) {
            return new EventEntityContributor(beans);
        }

        /** Lazy, so that nobody waits for a persistence unit who does not look at the rows. */
        @Bean
        @Lazy
        @ConditionalOnBean(EventEntityContributor.class)
        @ConditionalOnMissingBean
        FailedKafkaEventRepository resilientKafkaFailedEventRepository(EntityManagerFactory factory) {
            return new JpaRepositoryFactory(SharedEntityManagerCreator.createSharedEntityManager(factory))
                    .getRepository(FailedKafkaEventRepository.class);
        }
    }

    /**
     * Whether the store is on the same {@link DataSource} as the main persistence unit: the one injected by type.
     */
    static class StoreOnMainDataSourceCondition extends SpringBootCondition implements ConfigurationCondition {

        @Override
        public ConfigurationPhase getConfigurationPhase() {
            return ConfigurationPhase.REGISTER_BEAN;
        }

        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConfigurableListableBeanFactory beans = context.getBeanFactory();
            Assert.state(beans != null, "no bean factory");
            List<String> qualified = Arrays.stream(beans.getBeanNamesForType(DataSource.class, true, false))
                    .filter(name -> beans.findAnnotationOnBean(name, ResilientKafkaDataSource.class, false) != null)
                    .toList();
            @Nullable String main = BeanCandidates.only(beans, DataSource.class);
            boolean same = qualified.isEmpty() || qualified.equals(Arrays.asList(main));
            return new ConditionOutcome(
                    same,
                    same
                            ? "events are stored in the main DataSource"
                            : "events are stored in DataSource " + qualified + ", JPA is on " + main);
        }
    }
}
